"""Check a badge that gradatim wrote with an independent library: `make badge FILE=badge.jwt`.

openbadgeslib (LGPL) is an optional extra, `badges` in pyproject.toml: it is in no lock file, no other make target
installs it, and nothing in the package imports it. `make badge` puts it into an environment of its own, .venv/badges,
and runs this file there. What the library checks: the signature by the key that the issuer's did:key is, issuer and
claims of the token, the dates, and what it reads of the credential (it does not miss the criteria, for instance: the
whole form is checked by tests against the specification's tables).
"""

from __future__ import annotations

import base64
import json
import sys
from pathlib import Path

NEXT = "make badge FILE=badge.jwt"


def main(arguments: list[str]) -> int:
    try:
        from openbadgeslib.errors import LibOpenBadgesException
        from openbadgeslib.ob3 import OB3Verifier
    except ModuleNotFoundError:
        print(f"openbadgeslib is not installed here\n  next:  {NEXT}", file=sys.stderr)
        return 2
    if len(arguments) != 1:
        print(f"name one file that `gradatim packet badge` wrote\n  next:  {NEXT}", file=sys.stderr)
        return 2
    try:
        token = Path(arguments[0]).read_text(encoding="ascii").strip()
        body = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
        issuer = claims["issuer"]["id"]
    except (OSError, ValueError, IndexError, KeyError, TypeError) as error:
        print(
            f"{arguments[0]} is no signed badge: {type(error).__name__}: {error}\n  next:  {NEXT}",
            file=sys.stderr,
        )
        return 2
    try:
        # A did:key is the key itself: nothing is fetched.
        found = OB3Verifier.for_issuer_did(issuer).verify(token)
    except LibOpenBadgesException as error:
        print(f"refused by openbadgeslib: {error}")
        return 1
    print(f"accepted by openbadgeslib\n  issuer:  {found.issuer.id}\n  subject: {found.recipient_id}")
    print(f"  badge:   {claims['credentialSubject']['achievement']['name']}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
