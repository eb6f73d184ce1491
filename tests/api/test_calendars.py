"""Calendars through HTTP."""

from stand_in import Client, StandIn

CALENDARS = "/odata/Calendars"
EXISTS = f"{CALENDARS}/UiPath.Server.Configuration.OData.CalendarExists"


def make(admin: Client, name: str, **members: object) -> dict[str, object]:
    made: dict[str, object] = admin.ok("POST", CALENDARS, 201, json={"Name": name, **members})
    return made


def test_a_calendar_keeps_each_day_once(admin: Client) -> None:
    dates = ["2024-12-26T00:00:00Z", "2024-12-25T13:30:00Z", "2024-12-25T00:00:00Z"]
    made = make(admin, "Holidays", TimeZoneId="Europe/Berlin", ExcludedDates=dates)
    assert made["ExcludedDates"] == ["2024-12-25T00:00:00Z", "2024-12-26T00:00:00Z"]
    assert made["TimeZoneId"] == "W. Europe Standard Time"
    assert len(str(made["Key"])) == 36
    path = f"{CALENDARS}({made['Id']})"
    admin.ok("PUT", path, json={"Name": "Holidays", "ExcludedDates": ["2025-01-01T00:00:00Z"]})
    assert admin.ok("GET", path)["ExcludedDates"] == ["2025-01-01T00:00:00Z"]
    found = admin.rows(f"{CALENDARS}?$filter=Name eq 'holidays'&$orderby=Name")
    assert [calendar["Id"] for calendar in found] == [made["Id"]]
    admin.ok("DELETE", path, 204)
    admin.ok("GET", path, 404)


def test_names_are_unique_and_asked_for(admin: Client) -> None:
    make(admin, "Bridge days")
    again = admin.ok("POST", CALENDARS, 409, json={"Name": "BRIDGE DAYS"})
    assert again["errorCode"] == 1001
    assert admin.ok("POST", EXISTS, json={"calendarName": "bridge days"})["value"] is True
    assert admin.ok("POST", EXISTS, json={"calendarName": "none"})["value"] is False


def test_what_does_not_hold_is_refused(admin: Client) -> None:
    wrong = admin.ok("POST", CALENDARS, 400, json={"Name": "x", "TimeZoneId": "Mars"})
    assert wrong["message"] == "Mars is not a valid windows time zone id"
    for dates in (["yesterday"], "2024-12-25T00:00:00Z", [None], [20241225]):
        admin.ok("POST", CALENDARS, 400, json={"Name": "x", "ExcludedDates": dates})
    admin.ok("POST", CALENDARS, 400, json={})


def test_who_may_change_them(demo: StandIn) -> None:
    auditor = demo.client("peter.novak")
    auditor.ok("GET", CALENDARS)
    auditor.ok("POST", CALENDARS, 403, json={"Name": "Mine"})
    auditor.ok("POST", EXISTS, 403, json={"calendarName": "Mine"})
