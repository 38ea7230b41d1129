"""Free text in the log without reading the log: words become exact values first, and exact values have an index.

Row security lets only leakproof comparisons reach an index, so neither LIKE nor trigrams can search a long log. The
texts are few, however often they occur: they are walked one by one through their index, and matched here.
"""

import uuid
from dataclasses import dataclass

from django.db import connection as database
from django.db.models import Q

from casehug.intake.models import Matter
from integrations.models import Connection

MOST_TEXTS = 2000
MOST_MATTERS = 500

_WALK = """
WITH RECURSIVE walk(text) AS (
  (SELECT error_text FROM integrations_synclog WHERE connection_id = %(c)s AND error_text <> '' ORDER BY 1 LIMIT 1)
  UNION ALL
  SELECT (SELECT l.error_text FROM integrations_synclog l
          WHERE l.connection_id = %(c)s AND l.error_text <> '' AND l.error_text > walk.text ORDER BY 1 LIMIT 1)
  FROM walk WHERE walk.text IS NOT NULL)
SELECT text FROM walk WHERE text IS NOT NULL LIMIT %(most)s
"""


@dataclass(frozen=True)
class Meant:
    """The exact values a text stands for; `cut` when it fits more matters than are looked through."""

    external_id: str
    code: str
    texts: list[str]
    matters: list[uuid.UUID]
    cut: bool = False

    def conditions(self) -> list[Q]:
        """Return one exact condition per value."""
        return [
            Q(external_id=self.external_id), Q(error_code=self.code),
            *(Q(error_text=one) for one in self.texts), *(Q(matter_id=one) for one in self.matters),
        ]  # fmt: skip

    def condition(self) -> Q:
        """Return all of them as one."""
        return (
            Q(external_id=self.external_id) | Q(error_code=self.code) | Q(error_text__in=self.texts)
            | Q(matter_id__in=self.matters)
        )  # fmt: skip


def meant_by(connection: Connection, text: str) -> Meant:
    """Return what a text may mean: an id, a code, words of an error, words of a matter's title. In the firm scope."""
    with database.cursor() as cursor:
        cursor.execute(_WALK, {"c": connection.id, "most": MOST_TEXTS})
        texts = [row[0] for row in cursor.fetchall()]
    wanted = text.casefold()
    rows = Matter.objects.filter(title__icontains=text).order_by("-created_at", "-id")
    matters = list(rows.values_list("id", flat=True)[: MOST_MATTERS + 1])
    fitting = [one for one in texts if wanted in one.casefold()]
    code = text.rpartition(".")[2] if " " not in text else text  # as it stands on the page: class.code
    return Meant(text, code, fitting, matters[:MOST_MATTERS], cut=len(matters) > MOST_MATTERS)
