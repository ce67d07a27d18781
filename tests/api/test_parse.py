"""Texts: what identifies, what people read, and what a dialog may show."""

from hypothesis import given, strategies as st
import pytest

from custom_components.seam.api.parse import LONGEST_TEXT, plain, string, text, words


@pytest.mark.parametrize("value", [None, "", 7, [], {}, True, b"x"])
def test_what_is_no_text(value: object) -> None:
    for read in (string, text, words, plain):
        assert read(value) is None


@pytest.mark.parametrize("value", ["a\nb", "a\x00", "x" * 301, "\u202eab", "\x7f"])
def test_what_identifies_nothing(value: str) -> None:
    assert text(value) is None
    assert string(value) == value


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("Front door", "Front door"),
        ("Haust\u00fcr \U0001f3e0", "Haust\u00fcr \U0001f3e0"),
        ("a\nb\tc", "a b c"),
        ("  a \r\n\r\n b  ", "a b"),
        ("a\u00a0b", "a b"),
        ("a\u2028b", "a b"),
        ("a\u202eb\u200bc", "abc"),
        ("\x1b[31mred", "[31mred"),
        # They hold a family together.
        ("\U0001f468\u200d\U0001f469", "\U0001f468\u200d\U0001f469"),
        ("\n\x00\u202e", None),
        ("x" * 300, "x" * 300),
        ("x" * 301, "x" * 299 + "\u2026"),
        ("\n" * 5000 + "x", None),  # so far nobody looks
    ],
)
def test_words(written: str, read: str | None) -> None:
    assert words(written) == read


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("Home (2)!", "Home (2)!"),
        ("![x](http://a.b/c)", "!(x)(http: //a.b/c)"),
        ("<img src=x>", "\u2039img src=x\u203a"),
        ("see https://a.b and WWW.a.b", "see https: //a.b and WWW .a.b"),
        ("10:30, http:/x", "10:30, http:/x"),
    ],
)
def test_plain(written: str, shown: str) -> None:
    assert plain(written) == shown


@given(st.text(st.sampled_from("[]()<>!:/w.\n\\`*_ a\u202e")) | st.text())
def test_nothing_but_plain_text_comes_out(written: str) -> None:
    for read in (words, plain):
        found = read(written)
        if found is not None:
            assert 0 < len(found) <= LONGEST_TEXT
            assert found.replace("\u200d", "").replace("\u200c", "").isprintable()
    shown = plain(written) or ""
    assert not set("[]<>") & set(shown)
    assert "://" not in shown
    assert "www." not in shown.lower()
