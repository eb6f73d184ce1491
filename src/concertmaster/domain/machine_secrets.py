"""Secrets with which a machine signs in for itself: its licence key is the client id.

A secret is shown once, when it is made; afterwards only its number and moment are known.
"""

import secrets
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from concertmaster.domain.errors import ItemNotFound
from concertmaster.domain.passwords import hash_password, password_fits
from concertmaster.entities import Machine, MachineSecret


@dataclass(frozen=True)
class Made:
    """A new secret, as its maker sees it."""

    row: MachineSecret
    secret: str


def find(session: Session, license_key: str) -> Machine:
    """The machine of a licence key. Raises ItemNotFound."""
    key = license_key.strip("{} ").lower()
    found = session.scalars(sa.select(Machine).where(Machine.license_key == key)).first()
    if found is None:
        raise ItemNotFound(entity="Machine")
    return found


def make(session: Session, machine: Machine, *, now: str) -> Made:
    secret = secrets.token_urlsafe(32)
    row = MachineSecret(machine_id=machine.id, creation_time=now, secret_hash=hash_password(secret))
    session.add(row)
    session.flush()
    return Made(row, secret)


def of_machine(session: Session, machine: Machine) -> list[MachineSecret]:
    own = sa.select(MachineSecret).where(MachineSecret.machine_id == machine.id)
    return list(session.scalars(own.order_by(MachineSecret.id)))


def remove(session: Session, secret_id: int) -> None:
    """From now on it signs nobody in. Raises ItemNotFound."""
    found = session.get(MachineSecret, secret_id) if 0 < secret_id < 2**63 else None
    if found is None:
        raise ItemNotFound(entity="Secret")
    session.delete(found)


def fits(session: Session, license_key: str, secret: str) -> Machine | None:
    """The machine, if the secret is one of its own."""
    key = license_key.strip("{} ").lower()
    machine = session.scalars(sa.select(Machine).where(Machine.license_key == key)).first()
    if machine is None:
        return None
    held = of_machine(session, machine)
    return machine if any(password_fits(secret, one.secret_hash) for one in held) else None
