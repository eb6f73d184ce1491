"""`concertmaster token`: an access token of a running stand-in."""

import argparse

from concertmaster.cli._running import add_connection, call, sign_in


def arguments(parser: argparse.ArgumentParser) -> None:
    add_connection(parser)
    parser.add_argument(
        "--personal",
        metavar="NAME",
        help="make a personal access token: opaque, good until revoked",
    )


def run(options: argparse.Namespace) -> int:
    session = sign_in(options)
    if options.personal is None:
        print(session.token)
    else:
        url = f"{session.tenant_url}/_control/tokens"
        print(call("POST", url, {"name": options.personal}, session.token)["token"])
    return 0
