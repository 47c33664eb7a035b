"""CSV files of districts and contacts: everything wrong is said at once, and nothing ends in a traceback."""

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from yearwheel.roster.contacts_csv import read_contacts
from yearwheel.roster.districts_csv import read_districts
from yearwheel.roster.people import BodyKind, Contact, District, Role

BROKEN = Path(__file__).parents[1] / "rosters" / "broken"
HEADER = "code,name,kind,timezone\n"
ADAIR = "001,Adair County,county,America/Chicago\n"
CONTACTS = "district_code,name,email,roles\n"


def places(found):
    return [(error.row, error.column, error.value) for error in found.errors]


def test_all_faults_of_a_districts_file_are_told_at_once():
    found = read_districts(BROKEN / "every_fault_at_once.csv")
    assert [district.code for district in found.districts] == ["001"]
    assert [str(error) for error in found.errors] == [
        "row 3, nces_id: an NCES district id has 7 digits; leading zeros were lost, write 0100070"
        " (found '100070')",
        "row 3, code: leading zeros were lost; write 005 (found '5')",
        "row 4, timezone: not a time zone; write an IANA name such as America/New_York or America/Chicago"
        " (found 'Eastern')",
        "row 4, code: rows 2 and 4 have the same code (found '001')",
        "row 5, name: must not be blank",
        "row 5, kind: not a kind of district; did you mean county? (found 'countty')",
        "row 5, timezone: not a time zone; write an IANA name such as America/New_York or America/Chicago"
        " (found 'America')",
        "row 5, enrollment: must be a whole number without commas, or blank (found '4,815')",
        "row 5, schools: must be a whole number without commas, or blank (found '-2')",
        "row 5, latitude: must be degrees from -90 to 90, or blank (found '137.0')",
        "row 5, nces_id: rows 2 and 5 have the same nces_id (found '2100030')",
        "row 6: has 3 cells where the header has 11",
        "row 8, name: holds an invisible character; type the cell again (found 'Bell \\u202eCounty')",
        "row 8, enrollment: must be a whole number without commas, or blank (found 'many')",
        "row 8, schools: must be a whole number without commas, or blank (found 'nine')",
        "row 8, longitude: must be degrees from -180 to 180, or blank (found 'east')",
    ]


def test_all_faults_of_a_contacts_file_are_told_at_once():
    found = read_contacts(BROKEN / "contacts.csv", district_codes={"001", "005"})
    assert [contact.name for contact in found.contacts] == ["Mabel Fields"]
    assert places(found) == [
        (3, "district_code", "1"),
        (4, "email", "clara.grigsby"),
        (4, "roles", "superintendant"),
        (5, "name", ""),
        (5, "email", "r.quarles@localhost"),
        (5, "roles", ""),
        (6, "email", "Peter <p.underwood@adair-county.ky.example>"),
        (6, "roles", "planning_team;wizard"),
        (6, "district_code", "999"),
        (7, "email", "jané@adair-county.ky.example"),
    ]
    assert found.errors[0].why == "no such district in the roster; leading zeros were lost, write 001"
    assert found.errors[2].why == "'superintendant' is not a role; did you mean superintendent?"


def test_missing_columns_are_named_and_the_others_still_checked():
    found = read_districts(BROKEN / "columns_missing.csv")
    assert found.districts == ()
    assert places(found) == [(1, "kind", ""), (1, "timezone", ""), (3, "code", "")]
    assert found.errors[0].why == "the column is missing; the header has: code, name, zone"
    assert found.warnings == ("row 1: the column 'zone' is not known and was not read",)


@pytest.mark.parametrize(("name", "row", "byte"), [("not_utf8.csv", 2, "0xe9"), ("utf16.csv", 1, "0xff")])
def test_a_file_in_another_encoding_is_refused_with_the_remedy(name, row, byte):
    (error,) = read_districts(BROKEN / name).errors
    assert (error.row, error.value) == (row, byte)
    assert error.why == 'the file is not UTF-8 text; in a spreadsheet, save it as "CSV UTF-8"'


def test_an_empty_file_says_which_columns_it_needs():
    (error,) = read_contacts(BROKEN / "empty.csv").errors
    assert (
        error.why == "the file is empty; its first row names the columns: district_code, name, email, roles"
    )


def test_a_quote_left_open_names_the_row_it_opens_on():
    found = read_districts(BROKEN / "quote_left_open.csv")
    assert [district.code for district in found.districts] == ["001"]
    assert places(found) == [(3, "", "")]
    assert "is a quote missing" in found.errors[0].why


def test_a_huge_cell_does_not_hide_the_faults_after_it():
    found = read_districts(HEADER + f"001,{'x' * 200_000},county,UTC\n" + "5,Allen County,county,UTC\n")
    assert places(found) == [(2, "", ""), (3, "code", "5")]


def test_a_broken_header_is_the_only_complaint():
    assert places(read_districts('"code"x,name\n' + ADAIR)) == [(1, "", "")]


def test_a_column_named_twice_is_an_error():
    found = read_districts("code,name,kind,timezone,Name\n001,A,county,UTC,B\n")
    assert (places(found), found.districts) == ([(1, "name", "")], ())


def test_a_byte_order_mark_spaces_capitals_and_blank_lines_are_no_fault():
    header = "\ufeffCode, Name ,KIND,timezone,,\r\n"
    text = header + "\r\n 001 ,Adair\u00a0 County,County,America/Chicago,,\r\n,,,,,\r\n"
    adair = District("001", "Adair County", BodyKind.COUNTY, ZoneInfo("America/Chicago"))
    for source in (text, text.encode()):
        found = read_districts(source)
        assert (found.districts, found.errors, found.warnings) == ((adair,), (), ())


def test_blank_figures_stay_unknown_and_zero_stays_zero():
    found = read_districts("code,name,kind,timezone,enrollment,schools\n001,A,county,UTC,,0\n")
    assert [(d.enrollment, d.schools) for d in found.districts] == [(None, 0)]


def test_the_same_name_twice_is_fine():
    found = read_districts(HEADER + "185,Fulton,county,UTC\n186,Fulton,independent,UTC\n")
    assert ([d.code for d in found.districts], found.errors) == (["185", "186"], ())


def test_a_code_as_short_as_no_other_lost_its_zeros():
    found = read_districts(HEADER + "0100005,A,county,UTC\n100006,B,county,UTC\n")
    assert [error.why for error in found.errors] == ["leading zeros were lost; write 0100006"]


def test_a_formula_is_only_text_in_a_name_and_an_error_in_a_code():
    found = read_districts(HEADER + '001,"=HYPERLINK(""x"")",county,UTC\n=1+1,B,county,UTC\n')
    assert [d.name for d in found.districts] == ['=HYPERLINK("x")']
    assert places(found) == [(3, "code", "=1+1")]


def test_nan_is_no_latitude():
    found = read_districts("code,name,kind,timezone,latitude\n001,A,county,UTC,nan\n")
    assert places(found) == [(2, "latitude", "nan")]


def test_a_zone_without_summer_time_is_warned_of():
    found = read_districts(HEADER + "001,A,county,EST\n")
    assert len(found.districts) == 1
    assert found.warnings == ("row 2, timezone: EST may have no summer time; name a place: America/New_York",)


def test_a_second_state_office_is_an_error():
    found = read_districts(HEADER + "OET,A,state_office,UTC\nTEA,B,state office,UTC\n")
    assert [str(e) for e in found.errors] == [
        "row 3, kind: rows 2 and 3 are both the state office; there is one (found 'state office')"
    ]


def test_a_person_may_hold_many_roles_and_is_stored_normalized():
    found = read_contacts(
        CONTACTS + "001, Mabel  Fields , M.Fields@ADAIR.ky.example ,Finance officer; principal;\n"
    )
    roles = frozenset({Role.FINANCE_OFFICER, Role.PRINCIPAL})
    key = "001:m.fields@adair.ky.example"
    assert found.contacts == (Contact(key, "001", "Mabel Fields", "M.Fields@adair.ky.example", roles),)
    assert (found.errors, found.warnings) == ((), ())


def test_the_same_address_twice_in_a_district_puts_the_roles_together():
    found = read_contacts(
        CONTACTS
        + "001,Mabel Fields,m@adair.ky.example,principal\n"
        + "001,M. Fields,M@adair.ky.example,superintendent\n"
        + "005,Mabel Fields,m@adair.ky.example,principal\n"
    )
    assert [(c.key, c.name, c.roles) for c in found.contacts] == [
        ("001:m@adair.ky.example", "Mabel Fields", {Role.PRINCIPAL, Role.SUPERINTENDENT}),
        ("005:m@adair.ky.example", "Mabel Fields", {Role.PRINCIPAL}),
    ]
    assert found.warnings == (
        "row 3, email: M@adair.ky.example is on row 2 too; the roles were put together;"
        " the name 'Mabel Fields' was kept",
    )


def test_a_domain_with_an_umlaut_is_kept_in_the_form_a_relay_takes():
    found = read_contacts(CONTACTS + "001,Jane,jane@schüle.example,principal\n")
    assert [c.email for c in found.contacts] == ["jane@xn--schle-mva.example"]


def test_a_line_break_in_a_name_cannot_reach_a_mail_header():
    found = read_contacts(CONTACTS + '001,"Jane\r\nBcc: x@y.example",jane@a.example,principal\n')
    assert found.contacts == ()
    assert [error.why for error in found.errors] == [
        "the name looks like a web or mail address; give the name alone"
    ]
    found = read_contacts(CONTACTS + '001,"Jane\r\nBcc Doe",jane@a.example,principal\n')
    assert [c.name for c in found.contacts] == ["Jane Bcc Doe"]
