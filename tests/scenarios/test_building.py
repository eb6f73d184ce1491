"""What a file means: rows that are checked and complete."""

from pathlib import Path

import pytest

from concertmaster.domain.passwords import password_fits
from concertmaster.entities import (
    Asset,
    AssetRobotValue,
    Folder,
    Job,
    JobState,
    Machine,
    Permission,
    PermissionScope,
    QueueItem,
    QueueItemComment,
    QueueItemStatus,
    QueueProcessingRecord,
    Release,
    ReleaseVersion,
    Robot,
    RobotLog,
    Role,
    Tenant,
    User,
    UserRole,
    environment_robots,
    folder_machines,
    folder_user_roles,
    folder_users,
)
from concertmaster.scenarios import ScenarioError
from scenarios.conftest import NOW, Say

FOLDER = "Folders: [{Id: 7, DisplayName: Shared}]\n"


def test_members_stand_in_any_letter_case_and_sets_under_two_names(say: Say) -> None:
    world = say("folder:\n- {DISPLAYNAME: One}\n- {displayName: Two}\n")
    assert [row["display_name"] for row in world.rows[Folder].values()] == ["One", "Two"]


def test_the_server_sets_what_is_left_out(say: Say) -> None:
    world = say("Folders:\n- {Id: 7, DisplayName: A}\n- {DisplayName: B, Parent: A}\n")
    inner = world.rows[Folder][8]
    assert inner["fully_qualified_name"] == "A/B"
    assert inner["parent_id"] == 7
    assert inner["parent_key"] == world.rows[Folder][7]["key"]
    assert len(inner["key"]) == 36
    tenant = world.rows[Tenant][1]
    assert (tenant["name"], tenant["organization_name"]) == ("Default", "acme")


def test_keys_are_the_same_every_time(say: Say) -> None:
    first, second = (say(FOLDER).rows[Folder][7]["key"] for _ in range(2))
    assert first == second


def test_references_by_name_by_key_and_by_id(say: Say) -> None:
    key = "766d80d3-cc02-4635-b36c-e30fcf1008b1"
    world = say(
        FOLDER
        + f"""
Releases:
- {{Id: 4, Key: {key}, Name: Tidy, ProcessKey: Tidy, ProcessVersion: 1.0.0, Folder: shared}}
Robots: [{{Id: 3, Name: Cello, Type: Unattended}}]
Jobs:
- {{Release: Tidy, Robot: cello, State: '4'}}
- {{Release: {key.upper()}, Robot: 3, State: running}}
- {{ReleaseId: 4, RobotId: 3, OrganizationUnitId: 7, State: 0}}
"""
    )
    jobs = world.rows[Job].values()
    assert [(job["release_id"], job["robot_id"]) for job in jobs] == [(4, 3)] * 3
    assert [job["state"] for job in jobs] == [JobState.Faulted, JobState.Running, JobState.Pending]
    assert {job["organization_unit_id"] for job in jobs} == {7}
    assert {job["organization_unit_fully_qualified_name"] for job in jobs} == {"Shared"}
    assert {job["release_name"] for job in jobs} == {"Tidy"}
    version = world.rows[ReleaseVersion][1]
    assert version["release_id"] == 4
    assert world.rows[Release][4]["current_version_id"] == version["id"]


def test_what_is_referred_to_may_stand_below(say: Say) -> None:
    world = say("Robots: [{Name: Cello, Type: 2, Machine: M}]\nMachines: [{Id: 9, Name: M}]\n")
    robot = world.rows[Robot][1]
    assert (robot["machine_id"], robot["machine_name"]) == (9, "M")
    assert robot["license_key"] == world.rows[Machine][9]["license_key"]


def test_a_name_in_two_folders_means_the_one_in_the_same_folder(say: Say) -> None:
    text = """
Folders: [{DisplayName: A}, {DisplayName: B}]
QueueDefinitions: [{Name: Q, Folder: A}, {Name: Q, Folder: B}]
QueueItems: [{QueueDefinition: Q%s}]
"""
    item = say(text % ", Folder: B").rows[QueueItem][1]
    assert item["queue_definition_id"] == 2
    with pytest.raises(ScenarioError, match="'Q' is the name of more than one QueueDefinition"):
        say(text % "")


def test_moments_keep_their_digits_and_may_be_relative(say: Say) -> None:
    world = say(
        FOLDER
        + """
RobotLogs:
- {Level: Info, TimeStamp: 2019-10-14T13:55:18.2473626Z, Folder: Shared}
- {Level: Info, TimeStamp: {ago: PT3H}, Folder: Shared}
"""
    )
    stamps = [row["time_stamp"] for row in world.rows[RobotLog].values()]
    assert stamps == ["2019-10-14T13:55:18.2473626Z", "2025-03-10T09:00:00.0000000Z"]


def test_who_signs_in_and_where_they_may_go(say: Say) -> None:
    world = say(
        """
include: tenant
Folders: [{Id: 7, DisplayName: A}, {Id: 8, DisplayName: B}]
Users:
- UserName: ada
  Name: Ada
  Surname: L.
  Password: secret
  Roles: [Administrator, Robot]
  Folders: {A: [Automation User], B: }
- {UserName: bob, Folders: A}
"""
    )
    ada = world.rows[User][1]
    assert password_fits("secret", ada["password_hash"])
    assert ada["password"] is None
    assert (ada["full_name"], ada["roles_list"]) == ("Ada L.", ["Administrator", "Robot"])
    roles = {row["role_name"] for row in world.rows[UserRole].values()}
    assert roles == {"Administrator", "Robot"}
    members = {(link["folder_id"], link["user_id"]) for link in world.links[folder_users]}
    assert members == {(7, 1), (8, 1), (7, 2)}
    given = world.links[folder_user_roles]
    user_role = world.by_name(Role, "Automation User")
    assert user_role is not None
    assert given == [{"folder_id": 7, "user_id": 1, "role_id": user_role["id"]}]


def test_a_role_is_given_permissions_by_pattern(say: Say) -> None:
    world = say("include: tenant\nRoles: [{Name: Mine, Permissions: [Jobs.*, 'Qu*.View']}]\n")
    role = world.by_name(Role, "Mine")
    assert role is not None
    granted = [row for row in world.rows[Permission].values() if row["role_id"] == role["id"]]
    names = {row["name"] for row in granted}
    assert names == {"Jobs.View", "Jobs.Edit", "Jobs.Create", "Jobs.Delete", "Queues.View"}
    assert {row["scope"] for row in granted} == {PermissionScope.Folder}
    assert all(row["is_granted"] for row in granted)


def test_links_to_machines_and_environments(say: Say) -> None:
    world = say(
        FOLDER
        + """
Machines: [{Id: 2, Name: M, Folders: [Shared]}]
Robots: [{Id: 3, Name: R, Type: 2, Folder: Shared}]
Environments:
- {Id: 5, Name: E, Folder: Shared, Robots: [R]}
- {Id: 6, Name: F, Folder: Shared, Robots: R}
"""
    )
    assert world.links[folder_machines] == [{"folder_id": 7, "machine_id": 2}]
    assert [link["environment_id"] for link in world.links[environment_robots]] == [5, 6]
    assert world.rows[Robot][3]["robot_environments"] == "E,F"


def test_rows_within_rows(say: Say) -> None:
    world = say(
        FOLDER
        + """
Robots: [{Id: 3, Name: R, Type: 2}]
Assets:
- Name: Box
  Folder: Shared
  ValueScope: PerRobot
  ValueType: Integer
  IntValue: 5
  RobotValues: [{Robot: R, IntValue: 6}]
"""
    )
    asset, value = world.rows[Asset][1], world.rows[AssetRobotValue][1]
    assert (asset["value"], asset["string_value"]) == ("5", "")
    assert (value["asset_id"], value["robot_id"], value["robot_name"]) == (1, 3, "R")
    assert value["value"] == "6"


def test_rows_for_each_row_of_another_set(say: Say) -> None:
    world = say(
        FOLDER
        + """
QueueDefinitions: [{Name: Q, Folder: Shared}]
QueueItems:
- {repeat: 4, QueueDefinition: Q, Reference: {n: "R{n}"}, Status: {cycle: [New, Failed]}}
QueueItemComments:
- each: {set: QueueItems, where: {Status: Failed}}
  repeat: 2
  QueueItemId: {its: Id}
  Text: {n: "{n}: {its:Reference} is {its:Status} in {its:QueueDefinition/Name}"}
"""
    )
    texts = [row["text"] for row in world.rows[QueueItemComment].values()]
    assert texts == [f"{n}: R{2 if n < 3 else 4} is Failed in Q" for n in (1, 2, 3, 4)]


def test_ids_follow_time(say: Say) -> None:
    world = say(
        FOLDER
        + """
QueueDefinitions: [{Name: Q, Folder: Shared}]
QueueItems:
- {QueueDefinition: Q, Reference: late, CreationTime: 2025-03-01}
- {QueueDefinition: Q, Reference: early, CreationTime: 2025-02-01}
- {Id: 40, QueueDefinition: Q, Reference: given}
"""
    )
    items = world.rows[QueueItem]
    references = {id_: row["reference"] for id_, row in items.items()}
    assert references == {40: "given", 41: "early", 42: "late"}
    assert items[40]["creation_time"] == NOW
    versions = [row["row_version"] for row in items.values()]
    assert len(set(versions)) == 3


def test_the_figures_of_a_queue_are_summed_up(say: Say) -> None:
    world = say(
        FOLDER
        + """
QueueDefinitions: [{Name: Q, Folder: Shared}]
QueueItems:
- repeat: 2
  QueueDefinition: Q
  Status: Successful
  StartProcessing: {at: 2025-03-01T10:00:01Z, step: PT1M}
  EndProcessing: {after: StartProcessing, by: {cycle: [PT2.5S, PT1S]}}
- QueueDefinition: Q
  Status: Failed
  StartProcessing: 2025-03-01T11:00:00Z
  EndProcessing: 2025-03-01T11:00:04Z
  ProcessingException: {Reason: no, Type: BusinessException}
"""
    )
    ten, eleven = world.rows[QueueProcessingRecord].values()
    assert ten["processing_time"] == "2025-03-01T10:00:00.0000000Z"
    assert ten["number_of_successful_transactions"] == 2
    assert ten["successful_transactions_processing_time"] == 3.5
    assert eleven["number_of_business_exceptions"] == 1
    assert eleven["last_processed"] == "2025-03-01T11:00:04.0000000Z"
    failed = next(
        r for r in world.rows[QueueItem].values() if r["status"] == QueueItemStatus.Failed
    )
    assert failed["processing_exception_type"] == 1
    assert failed["specific_data"] == '{"DynamicProperties":{}}'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Nothings: [{Id: 1}]", "own.yaml: there is no entity set 'Nothings'"),
        ("Folders: {Id: 1}", "own.yaml: Folders: a list of rows is expected"),
        ("Folders: [Shared]", "own.yaml: Folders, row 1: members with their values are expected"),
        ("- Folders", "own.yaml: entity sets with their rows are expected"),
        (
            "Folders: [{DisplayName: A}, {DisplayNam: B}]",
            "own.yaml: Folders, row 2: DisplayNam: Folder has no such member",
        ),
        (
            "Folders: [{DisplayName: A, FolderType: Round}]",
            "Folders, row 1: FolderType: The string 'Round' is not a valid enumeration",
        ),
        (
            "Folders: [{DisplayName: A, Parent: B}]",
            "Folders, row 1: Parent: there is no Folder 'B'",
        ),
        ("Folders: [{Id: 1}]", "Folders, row 1: the member DisplayName is missing"),
        ("Folders: [{DisplayName: A, Id: one}]", "row 1: Id: an integer is expected"),
        (
            "Folders: [{Id: 1, DisplayName: A}, {Id: 1, DisplayName: B}]",
            "Folders, row 2: the Id 1 is given twice",
        ),
        ("Folders: [{DisplayName: " + "x" * 116 + "}]", "DisplayName: more than 115 characters"),
        ("Folders: [{DisplayName: A, DisplayName: B}]", "'DisplayName' stands twice"),
        ("Folders: [{DisplayName: A", "own.yaml: while parsing"),
        ("Folders: [{repeat: many, DisplayName: A}]", "row 1: 'repeat' takes a number"),
        ("Folders: [{each: Nothings, DisplayName: A}]", "row 1: 'each' takes a set"),
        ("Folders: [{each: {set: Users, where: x}, DisplayName: A}]", "row 1: 'each' takes a set"),
        ("Permissions: [{Name: A, Scope: Mars}]", "Permissions, row 1: Scope: The string 'Mars'"),
        ("Users: [{1: a}]", "Users, row 1: 1: User has no such member"),
        ("Folders: [{DisplayName: {ago: PT1H, stp: 1}}]", "DisplayName: 'stp' is nothing that"),
        (
            "Machines: [{Name: M, CreationTime: 2025-02-30}]",
            "Machines, row 1: CreationTime: Machine has no such member",
        ),
        (
            "Exports: [{Name: x, Type: Jobs, RequestedAt: 2025-02-30}]",
            "RequestedAt: '2025-02-30' is not a date and time that exists",
        ),
        (
            "Folders: [{DisplayName: A}]\nAssets: [{Name: X, Folder: A, RobotValues: [{Robt: 1}]}]",
            "Assets, row 1: RobotValues: Robt: AssetRobotValue has no such member",
        ),
        (
            "Users: [{UserName: a, Roles: [Nobody]}]",
            "Users, row 1: Roles: there is no Role 'Nobody'",
        ),
        ("include: other", "own.yaml: there is no scenario 'other' to include"),
        ("include: own.yaml", "includes itself"),
    ],
)
def test_what_is_wrong_is_named(say: Say, text: str, message: str) -> None:
    with pytest.raises(ScenarioError) as refused:
        say(text)
    assert message in str(refused.value)


def test_a_file_includes_others(say: Say, tmp_path: Path) -> None:
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "one.yaml").write_text("include: two.yaml\nFolders: [{DisplayName: One}]")
    (tmp_path / "parts" / "two.yaml").write_text("Folders: [{DisplayName: Two}]")
    world = say("include: [tenant, parts/one.yaml]\nFolders: [{DisplayName: Three, Parent: One}]")
    paths = [row["fully_qualified_name"] for row in world.rows[Folder].values()]
    assert paths == ["Two", "One", "One/Three"]
    assert world.by_name(Role, "Administrator") is not None
