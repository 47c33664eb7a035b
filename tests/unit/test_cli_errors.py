"""What goes wrong is said in sentences; nothing is changed and nobody sees a traceback."""

import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from tests.terminal import Terminal
from yearwheel.cli.errors import in_words
from yearwheel.cli.reference import every_command
from yearwheel.store.database import Database

CALENDAR = Path(__file__).parent.parent / "cycles" / "small.yaml"


def _options(command: Any) -> set[str]:
    return {name for param in command.params for name in param.opts}


def _what_it_needs(command: Any) -> list[str]:
    """One word for each thing that a command cannot do without."""
    words = []
    for param in (p for p in command.params if p.required and p.opts != ["--by"]):
        value = str(param.metavar).partition("|")[0] if "|" in str(param.metavar) else "1"
        named = param.param_type_name == "option"
        words += [param.opts[0], *([] if param.is_flag else [value])] if named else [value]
    return words


@pytest.fixture
def terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    monkeypatch.chdir(tmp_path)
    return Terminal(tmp_path)


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data of an installation that has published the small cycle; tests copy it."""
    terminal = Terminal(tmp_path_factory.mktemp("published"))
    terminal.does("roster", "import", "--shipped", "kentucky")
    terminal.does("cycle", "create", CALENDAR, "--at", "2027-01-04T09:00")
    terminal.does("cycle", "publish", "small-2027", "--yes", "--at", "2027-01-04T09:00")
    return terminal.folder / "data"


@pytest.fixture
def running(published: Path, terminal: Terminal) -> Terminal:
    shutil.copytree(published, terminal.folder / "data")
    return terminal


@pytest.mark.parametrize(
    "words",
    [
        ["board"],
        ["prove"],
        ["explain", "001", "2027-03-15"],
        ["district", "show", "001"],
        ["outbox", "list"],
        ["tasks", "list"],
        ["roster", "list"],
        ["bounces", "read", "."],
        ["db", "backup"],
    ],
    ids=" ".join,
)
def test_looking_where_nothing_is_leaves_nothing_and_says_where_it_looked(
    terminal: Terminal, words: list[str]
) -> None:
    assert terminal.refuses(*words) == (
        f"nothing is kept in {terminal.folder / 'data'}; begin with: yearwheel roster import "
        "--shipped kentucky, or say with YEARWHEEL_DATA_DIR where your data is"
    )
    assert list(terminal.folder.iterdir()) == []


@pytest.mark.parametrize(
    "words",
    [
        ["cycle", "list"],
        ["roster", "import", "--shipped", "kentucky", "--dry-run"],
        ["notifications", "preview", "receipt"],
        ["notifications", "catalog"],
        ["calendar", "show", "kentucky-2027"],
        ["doctor"],
    ],
    ids=" ".join,
)
def test_what_can_be_seen_without_an_installation_makes_none(terminal: Terminal, words: list[str]) -> None:
    terminal.does(*words)
    assert list(terminal.folder.iterdir()) == []


def test_without_a_cycle_the_next_command_is_named(terminal: Terminal) -> None:
    terminal.does("roster", "import", "--shipped", "kentucky")
    assert terminal.refuses("board") == (
        "no cycle is published; say which one with --cycle KEY; "
        "none is stored yet: yearwheel cycle create FILE"
    )


def test_a_database_of_a_newer_program_is_refused_in_a_sentence(running: Terminal) -> None:
    with sqlite3.connect(running.folder / "data" / "yearwheel.sqlite") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")

    for words in (["board"], ["db", "upgrade"], ["advance"]):
        said = running.refuses(*words)
        assert said.startswith("the database is at version 9999, and this program knows none after 0")


def test_two_published_cycles_have_to_be_told_apart(running: Terminal) -> None:
    other = running.writes("other.yaml", CALENDAR.read_text("utf-8").replace("small-2027", "other-2027"))
    running.does("cycle", "create", other, "--at", "2027-01-05T09:00")
    running.does("cycle", "publish", "other-2027", "--yes", "--at", "2027-01-04T09:00")

    said = running.refuses("prove")
    assert (
        said == "2 cycles are published; say which one with --cycle KEY; stored here: small-2027, other-2027"
    )


def test_where_to_look_names_the_state_where_it_is_not_the_usual_one(terminal: Terminal) -> None:
    """Every command that a refusal names can be typed as it stands."""
    source = CALENDAR.read_text("utf-8").replace("small-2027", "ohio-2027").replace("state: KY", "state: OH")
    calendar = terminal.writes("ohio.yaml", source)
    districts = terminal.writes(
        "d.csv",
        "code,name,kind,timezone\n001,Ash,county,America/New_York\nOH,Office,state_office,America/New_York\n",
    )
    terminal.does("cycle", "create", calendar, "--at", "2027-01-04T09:00")
    publish = ("cycle", "publish", "ohio-2027", "--yes", "--at", "2027-01-04T09:00")
    assert "a roster first: yearwheel roster import FILE --state OH\n" in terminal.type(*publish).stderr
    terminal.does("roster", "import", districts, "--state", "OH")
    terminal.does(*publish)

    said = terminal.refuses("roster", "deputy", "pat", "--cycle", "ohio-2027", "--at", "2027-01-05T09:00")
    assert said == "there is no contact 'pat'; see: yearwheel roster list --contacts --state OH"
    for words in (
        ["district", "show", "x9", "--cycle", "ohio-2027"],
        ["explain", "x9", "2027-03-15", "--cycle", "ohio-2027"],
        ["district", "track", "x9", "--year", "1", "--of", "3", "--cycle", "ohio-2027"],
    ):
        assert terminal.refuses(*words).endswith("; see: yearwheel roster list --state OH")
    assert "Ash" in terminal.does("roster", "list", "--state", "OH")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["district", "show", "1"], "KY has no district '1'; did you mean 001 (Adair County)?"),
        (["explain", "", "2027-03-15"], "name a district by its code, such as 001; see: yearwheel roster"),
        (["district", "show", " "], "name a district by its code, such as 001; see: yearwheel roster list"),
        (["district", "show", "adair"], "KY has no district 'adair'; did you mean 001 (Adair County)?"),
        (
            ["board", "--stage", "bugdet"],
            "small-2027 has no stage 'bugdet' (did you mean 'budget'?); it has setup, budget, plan, review",
        ),
        (["board", "--cycle", "smal-2027"], "there is no cycle 'smal-2027' (did you mean 'small-2027'?); "),
        (["advance", "--at", "tomorrow"], "'tomorrow' is not a moment; write for example 2027-03-15T09:00"),
        (
            ["advance", "--at", "9999-12-31"],
            "'9999-12-31' is far from any cycle; give a year from 1970 to 2199",
        ),
        (["board", "--at", "0001-01-01"], "'0001-01-01' is far from any cycle; "),
        (["explain", "001", "9999-12-31"], "'9999-12-31' is far from any cycle; "),
        (["explain", "001", "2027-02-30"], "'2027-02-30' is not a day; write for example 2027-03-31"),
        (
            ["extend", "001", "budget", "--why", "x"],
            "give the new due day, --until 2027-03-31, or --take-back",
        ),
        (["excuse", "001", "budget"], "to excuse, or to take it back, needs a reason: --why '...'"),
        (["cycle", "publish", "small-2027"], "small-2027 was already published on 2027-01-04"),
        (["outbox", "list", "--status", "snt"], "'snt' is no status of a letter (did you mean 'sent'?); "),
        (["outbox", "show", "99"], "there is no message 99; outbox list has them"),
        (["rehearse", "--through", "prefct"], "--through is direct or prefect, not 'prefct'"),
        (["district", "submit", "001", "budget", "none.json"], "none.json: No such file or directory"),
    ],
)
def test_a_slip_is_answered_with_what_would_be_right(running: Terminal, words: list[str], said: str) -> None:
    assert running.refuses(*words).startswith(said)


def test_broken_evidence_is_named_by_its_place(running: Terminal) -> None:
    words = ("district", "submit", "001", "budget", "work.json")
    running.writes("work.json", '{"done_on": }')
    assert running.refuses(*words) == "this is not JSON: Expecting value in line 1, column 13"
    running.writes("work.json", "[]")
    assert running.refuses(*words) == "work.json has to hold one JSON object; see --example"


@pytest.mark.parametrize(
    ("work", "said"),
    [
        ("[" * 100_000, "this is not JSON that anybody filled in: its brackets are nested too deeply"),
        (
            '{"a": ' + "[" * 300 + "]" * 300 + "}",
            "this is not JSON that anybody filled in: its brackets are nested too deeply",
        ),
        (
            '{"done_on": "2027-02-01", "done_on": "2027-02-02"}',
            "'done_on' stands twice in the same object; keep the one that is true",
        ),
        (
            '{"notes": [{"reference": "minute \\ud800"}]}',
            "notes.0.reference holds half a character ('minute \\ud800'), which cannot be kept; "
            "write the whole character",
        ),
        (
            '{"\\udfff": 1}',
            "a name holds half a character ('\\udfff'), which cannot be kept; write the whole character",
        ),
        ('{"done_on": ' + "9" * 5000 + "}", "a number in it has 5,000 digits; write one that can be true"),
    ],
    ids=["a tower", "a lower tower", "said twice", "half a character", "half a name", "a long number"],
)
def test_evidence_that_cannot_be_kept_as_it_was_meant_is_refused(
    running: Terminal, work: str, said: str
) -> None:
    running.writes("work.json", work)
    assert running.refuses("district", "submit", "001", "budget", "work.json") == said


def test_a_misspelt_setting_is_named_with_the_nearest(terminal: Terminal) -> None:
    terminal.writes("yearwheel.toml", "[mail]\nprot = 2525\n")

    assert terminal.refuses("board") == "yearwheel.toml: mail.prot is not a setting; did you mean mail.port?"


@pytest.mark.parametrize("command", ["board", "advance", "doctor", "serve", "db check"])
def test_a_misspelt_variable_is_named_with_the_nearest(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.setenv("YEARWHEEL_PROT", "8001")
    monkeypatch.setenv("YEARWHEEL_MAIL__PROT", "2525")

    assert terminal.refuses(*command.split()).splitlines() == [
        "YEARWHEEL_MAIL__PROT is not a setting; did you mean YEARWHEEL_MAIL__PORT?",
        "YEARWHEEL_PROT is not a setting; did you mean YEARWHEEL_PORT?",
    ]


def test_a_wrong_value_is_named_by_where_it_stands_and_a_password_is_not_shown(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal.writes("yearwheel.toml", '[mail]\nport = 99999\npassword = 1717\nsecurity = "none at all"\n')
    monkeypatch.setenv("YEARWHEEL_PORT", "eight")

    port, mail_port, security, password = terminal.refuses("board").splitlines()
    assert port == "YEARWHEEL_PORT: a whole number is needed (found 'eight')"
    assert mail_port == "yearwheel.toml: mail.port: 65535 is the most (found 99999)"
    assert security == (
        "yearwheel.toml: mail.security: use 'none', 'starttls' or 'tls' (found 'none at all')"
    )
    assert password == "yearwheel.toml: mail.password: text is needed"


@pytest.mark.parametrize(
    ("name", "given", "said"),
    [
        ("BASE_URL", "here", "an address of pages begins with https:// or http:// (found 'here')"),
        ("MAIL__TIMEOUT", "-1", "more than 0 is needed (found '-1')"),
        ("MAIL__TIMEOUT", "long", "a number is needed (found 'long')"),
        ("MAIL__CONNECTIONS", "0", "1 is the least (found '0')"),
        ("MAIL__TELL_ADMINS", "maybe", "true or false is needed (found 'maybe')"),
        ("MAIL__TEAM", "{}", "a list is needed"),
        ("MAIL", '"none"', "a group of settings is needed (found 'none')"),
    ],
)
def test_a_wrong_value_is_told_in_plain_words(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch, name: str, given: str, said: str
) -> None:
    monkeypatch.setenv(f"YEARWHEEL_{name}", given)
    assert terminal.refuses("board") == f"YEARWHEEL_{name}: {said}"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["rehearse", "--seed", "abc"], "'--seed': a whole number is needed (found 'abc')"),
        (
            ["calendar", "show", "x", "--version", "1.5"],
            "'--version': a whole number is needed (found '1.5')",
        ),
        (["calendar", "holidays", "--year", "1900"], "'--year': 2000 is the least (found '1900')"),
        (["serve", "--port", "99999"], "'--port': 65535 is the most (found '99999')"),
        (["outbox", "show", "first"], "'NUMBER': a whole number is needed (found 'first')"),
        (["outbox", "hold", "1", "two"], "a whole number is needed (found 'two')"),
        (["outbox", "resolve", "1", "--as", "lost"], "'--as': 'lost' is not one of 'sent', 'again'"),
    ],
    ids=" ".join,
)
def test_a_wrong_option_is_told_in_plain_words(terminal: Terminal, words: list[str], said: str) -> None:
    done = terminal.type(*words)
    assert (done.exit_code, done.stdout) == (2, "")
    assert said in " ".join(done.stderr.replace("│", " ").split())


def test_a_number_longer_than_any_is_a_sentence(running: Terminal) -> None:
    long = "9" * 30
    for words in (["outbox", "show", long], ["outbox", "hold", long], ["tasks", "close", long]):
        assert running.refuses(*words) == (
            "a number is far too large: nothing that is kept here has one of so many digits"
        )


def test_a_setting_that_is_like_none_is_answered_with_where_all_are(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("YEARWHEEL_FOO", "1")
    assert terminal.refuses("board").startswith(
        "YEARWHEEL_FOO is not a setting; docs/settings.md has them all"
    )


def test_a_list_that_is_no_json_is_said_how_to_write(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("YEARWHEEL_MAIL__TEAM", "pat@team.example")

    assert terminal.refuses("board").endswith('a variable that holds a list holds it as JSON: ["a", "b"]')


@pytest.mark.parametrize("variable", ["YEARWHEEL_MAIL__TEAM", "YEARWHEEL_MAIL"])
def test_a_tower_of_brackets_in_a_variable_is_no_breakdown(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, "[" * 10_000)
    assert terminal.refuses("board") == (f"{variable}: this is not JSON: its brackets are nested too deeply")


def test_a_settings_file_that_is_not_toml_is_named(terminal: Terminal) -> None:
    terminal.writes("yearwheel.toml", "port 8000\n")

    assert terminal.refuses("board").startswith("yearwheel.toml: this is not TOML: ")

    terminal.writes("yearwheel.toml", "port = " + "[" * 100_000)
    assert terminal.refuses("board") == (
        "yearwheel.toml: this is not TOML: its brackets are nested too deeply"
    )


def test_a_damaged_database_is_no_traceback(terminal: Terminal) -> None:
    (terminal.folder / "data").mkdir()
    terminal.writes("data/yearwheel.sqlite", "this is no database " * 100)

    assert terminal.refuses("board") == (
        "the database cannot be used: file is not a database; see: yearwheel doctor"
    )


@pytest.mark.parametrize(
    ("url", "said"),
    [
        (
            "nonsense",
            "YEARWHEEL_DATABASE_URL: this is no database's address; leave it empty for SQLite in the data "
            "folder, or write postgresql://NAME@HOST/DATABASE",
        ),
        (
            "postgresql://pat:hush@127.0.0.1:1/yearwheel",
            "the database cannot be used: connection failed: connection to server at "
            '"127.0.0.1", port 1 failed: Connection refused; see: yearwheel doctor',
        ),
    ],
)
def test_a_database_that_is_not_there_is_no_traceback(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch, url: str, said: str
) -> None:
    monkeypatch.setenv("YEARWHEEL_DATABASE_URL", url)

    assert terminal.refuses("board") == said
    assert terminal.type("doctor").exit_code == 1


def test_postgresql_without_its_driver_says_what_to_install(terminal: Terminal) -> None:
    look = "import sys; sys.modules['psycopg'] = None; from yearwheel.cli import main; main()"
    for command in ("board", "doctor"):
        done = subprocess.run(
            [sys.executable, "-c", look, command],
            env=os.environ | {"YEARWHEEL_DATABASE_URL": "postgresql://127.0.0.1:1/x", "COLUMNS": "200"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 1
        assert "PostgreSQL needs the package psycopg; install it: " in done.stdout + done.stderr
        assert "Traceback" not in done.stderr


def test_a_role_that_may_not_write_is_told_what_it_lacks(
    terminal: Terminal, empty_postgresql_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = empty_postgresql_database.url
    with empty_postgresql_database.writing() as work:
        work.connection.exec_driver_sql("CREATE ROLE onlooker LOGIN PASSWORD 'looks on'")
        work.commit()
    told = {
        owner.set(
            username="onlooker", password="looks on"
        ): "permission denied for schema public; the role needs",
        owner.update_query_dict({"options": "-cdefault_transaction_read_only=on"}): (
            "cannot execute CREATE TABLE in a read-only transaction; it is a copy that is only read"
        ),
    }
    try:
        for url, words in told.items():
            monkeypatch.setenv("YEARWHEEL_DATABASE_URL", url.render_as_string(hide_password=False))
            said = terminal.refuses("db", "upgrade")
            assert said.startswith(f"the database cannot be used: {words}")
            assert "looks on" not in said
    finally:
        with empty_postgresql_database.writing() as work:
            work.connection.exec_driver_sql("DROP ROLE onlooker")
            work.commit()


def test_a_full_or_locked_disk_is_told_of_itself_and_not_of_a_server(running: Terminal) -> None:
    database = sqlite3.connect(running.folder / "data" / "yearwheel.sqlite")
    (pages,) = database.execute("PRAGMA page_count").fetchone()
    said = []
    for pragma in (f"max_page_count = {pages}", "query_only = on"):
        database.execute(f"PRAGMA {pragma}")
        with pytest.raises(sqlite3.OperationalError) as refusal:
            database.execute("CREATE TABLE heap AS SELECT randomblob(1000000) AS grain")
        said.append(in_words(OperationalError("", {}, refusal.value)))
    database.close()

    assert said == [
        "the database cannot be used: database or disk is full; make room on its disk and do it again",
        "the database cannot be used: attempt to write a readonly database; let its file and folder be "
        "written again",
    ]


def test_a_folder_that_cannot_be_written_is_named(running: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    data = running.folder / "data"
    for left in data.glob("yearwheel.sqlite-*"):
        left.unlink()
    (data / "yearwheel.sqlite-wal").mkdir()  # SQLite says of it what it says of a shut folder, to root too
    monkeypatch.setattr(os, "access", lambda path, _: Path(path) != data)

    for words in (["board"], ["roster", "list"], ["cycle", "list"]):
        assert running.refuses(*words) == (
            f"the folder {data} cannot be written, and even looking writes there; "
            "make it writable, or name another folder with YEARWHEEL_DATA_DIR"
        )


def test_a_folder_that_is_not_there_for_the_database_is_named(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("YEARWHEEL_DATABASE_URL", f"sqlite:///{terminal.folder}/gone/year.sqlite")

    assert terminal.refuses("board") == (
        f"there is no folder {terminal.folder}/gone for the database; make it, or name another"
    )


def test_a_reader_who_has_seen_enough_is_no_error(running: Terminal) -> None:
    for words in ("board", "board --json", "calendar show kentucky-2027"):
        board = subprocess.Popen(
            [sys.executable, "-m", "yearwheel", *words.split()],
            env=os.environ | {"YEARWHEEL_DATA_DIR": str(running.folder / "data")},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert board.stdout is not None
        assert board.stderr is not None
        board.stdout.close()
        said = board.stderr.read()
        board.stderr.close()
        assert (board.wait(), said) == (141, "")


CHANGING = {path: command for path, command in every_command() if "--by" in _options(command)}


@pytest.mark.parametrize("path", CHANGING)
def test_nothing_is_changed_by_nobody(terminal: Terminal, path: str) -> None:
    command = path.split()[1:] + _what_it_needs(CHANGING[path])

    assert terminal.refuses(*command, "--by", " ") == (
        "a change is kept with the name of who made it: --by 'Your Name'"
    )
    assert terminal.refuses(*command, "--by", "x" * 201) == (
        "a name may have 200 characters, and this one has 201: --by '...'"
    )


def test_blanks_around_a_name_are_not_kept(running: Terminal) -> None:
    running.does("cycle", "pause", "small-2027", "--why", "flood", "--by", "  Pat Doe ")
    assert "by Pat Doe" in running.refuses("cycle", "pause", "small-2027", "--why", "flood")


def test_live_mail_cannot_be_sent_from_another_moment(running: Terminal) -> None:
    running.writes("yearwheel.toml", '[mail]\nmode = "live"\n')

    assert running.refuses("advance", "--at", "2027-02-01T10:00") == (
        "--at is for trial mode; here mail is live, and what is written must be true"
    )


def test_control_characters_never_reach_the_terminal(running: Terminal) -> None:
    said = running.refuses("district", "show", "\x1b[31mred\x07")

    assert said.startswith("KY has no district")
    assert said.isprintable()
