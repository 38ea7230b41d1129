"""A name that one block of a page computes (`url … as back`) is unknown in another one: the link leads nowhere."""

import re
from pathlib import Path

TEMPLATES = Path(__file__).resolve().parents[2] / "templates"
TAG = re.compile(r"{%\s*(?P<tag>[^%]+?)\s*%}|{{\s*(?P<value>[^}]+?)\s*}}")
QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")


def unseen(text: str) -> set[str]:
    """Return the names that are computed in one block only and used in another."""
    open_blocks: list[str] = []
    made: dict[str, set[tuple[str, ...]]] = {}
    used: list[tuple[str, tuple[str, ...]]] = []
    for found in TAG.finditer(text):
        words = found["tag"] or found["value"]
        if words.startswith("block "):
            open_blocks.append(words.split()[1])
        elif words.startswith("endblock"):
            open_blocks.pop()
        elif words.startswith("url ") and " as " in words:
            made.setdefault(words.rpartition(" as ")[2], set()).add(tuple(open_blocks))
        else:
            bare = QUOTED.sub("", words)
            used += [(name, tuple(open_blocks)) for name in re.findall(r"(?<![\w.])[a-z_]+(?!\w|=)", bare)]
    return {
        name for name, place in used if name in made and not any(place[: len(where)] == where for where in made[name])
    }


def test_links_are_computed_where_they_are_used() -> None:
    wrong = {str(page.relative_to(TEMPLATES)): names for page in TEMPLATES.rglob("*.html")
             if (names := unseen(page.read_text()))}  # fmt: skip
    assert wrong == {}


def test_the_check_sees_a_name_of_another_block() -> None:
    first = "{% block a %}{% url 'x' as back %}{% endblock %}"
    assert unseen(first + "{% block b %}{{ back }}{% endblock %}") == {"back"}
    assert unseen(first + "{% block b %}{% url 'x' as back %}{{ back }}{% endblock %}") == set()
