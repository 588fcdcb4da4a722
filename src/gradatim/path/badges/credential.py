"""The form of an OpenBadgeCredential, as far as the specification makes it a duty.

1EdTech, "Open Badges Specification" 3.0, appendix B.1 (data models, multiplicities). Written from its tables; further
properties are allowed everywhere, as they are there. Two generations are read: 3.0 as it was released, on W3C
Verifiable Credentials 2.0 (`validFrom`), and its earlier form on 1.1 (`issuanceDate`).
"""

from __future__ import annotations

import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

V2, V1 = "https://www.w3.org/ns/credentials/v2", "https://www.w3.org/2018/credentials/v1"
OB = "https://purl.imsglobal.org/spec/ob/v3p0/context"


def _moment(text: str) -> str:
    at = datetime.datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError("has no time zone")
    return text


def _listed(value: Any) -> Any:
    return value if isinstance(value, list) else [value]


Text = Annotated[str, Field(min_length=1, max_length=20_000)]
Uri = Annotated[str, Field(min_length=1, max_length=4_000, pattern=r"^[A-Za-z][A-Za-z0-9+.\-]*:\S+$")]
Moment = Annotated[str, Field(max_length=40), AfterValidator(_moment)]
Types = Annotated[list[Text], Field(min_length=1, max_length=20), BeforeValidator(_listed)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="allow", strict=True, allow_inf_nan=False)


def _needs(types: list[str], *wanted: str) -> list[str]:
    if not set(types) & set(wanted):
        raise ValueError(f"type: {' or '.join(wanted)} is missing")
    return types


class Criteria(_Part):
    """What had to be done."""

    id: Uri | None = None
    narrative: str | None = Field(default=None, max_length=20_000)


class Achievement(_Part):
    """What was achieved."""

    id: Uri
    type: Annotated[Types, AfterValidator(lambda t: _needs(t, "Achievement"))]
    name: Text
    description: Text
    criteria: Criteria


class Identity(_Part):
    """A recipient who is named by something else than an id."""

    type: Literal["IdentityObject"]
    hashed: bool
    identityHash: Text
    identityType: Text
    salt: str | None = Field(default=None, max_length=4_000)


class Subject(_Part):
    """Who achieved it."""

    id: Uri | None = None
    identifier: Annotated[list[Identity], BeforeValidator(_listed)] | None = None
    type: Annotated[Types, AfterValidator(lambda t: _needs(t, "AchievementSubject"))]
    achievement: Achievement
    narrative: str | None = Field(default=None, max_length=20_000)

    @model_validator(mode="after")
    def _is_somebody(self) -> Subject:
        if self.id is None and not self.identifier:
            raise ValueError("either id or an identifier is needed")
        return self


class Profile(_Part):
    """Who issued it."""

    id: Uri
    type: Annotated[Types, AfterValidator(lambda t: _needs(t, "Profile"))]
    name: str | None = Field(default=None, max_length=400)


class Proof(_Part):
    """An embedded proof."""

    type: Text
    cryptosuite: str | None = Field(default=None, max_length=200)
    verificationMethod: str | None = Field(default=None, max_length=4_000)
    proofPurpose: str | None = None


class Told(_Part):
    """One description of evidence within the badge."""

    type: Annotated[Types, AfterValidator(lambda t: _needs(t, "Evidence"))]
    id: str | None = Field(default=None, max_length=400_000)
    name: str | None = Field(default=None, max_length=2_000)
    narrative: str | None = Field(default=None, max_length=20_000)


class Credential(_Part):
    """The credential."""

    context: list[Any] = Field(alias="@context", min_length=2, max_length=20)
    id: Uri
    type: Types
    issuer: Uri | Profile
    credentialSubject: Subject
    name: str | None = Field(default=None, max_length=2_000)
    validFrom: Moment | None = None
    validUntil: Moment | None = None
    issuanceDate: Moment | None = None
    expirationDate: Moment | None = None
    awardedDate: Moment | None = None
    evidence: Annotated[list[Told], Field(max_length=200), BeforeValidator(_listed)] = []
    proof: Annotated[list[Proof], Field(max_length=20), BeforeValidator(_listed)] = []
    credentialStatus: dict[str, Any] | None = None

    @model_validator(mode="after")
    def _one_generation(self) -> Credential:
        first, second = self.context[:2]
        if first not in (V2, V1):
            raise ValueError(f"@context: the first is neither {V2} nor {V1}")
        if not isinstance(second, str) or not second.startswith(OB):
            raise ValueError(f"@context: the second is not {OB}-3.0.3.json or another of Open Badges 3.0")
        _needs(self.type, "VerifiableCredential")
        _needs(self.type, "OpenBadgeCredential", "AchievementCredential")
        if self.begins is None:
            raise ValueError("validFrom: missing" if first == V2 else "issuanceDate: missing")
        return self

    @property
    def begins(self) -> datetime.datetime | None:
        """From when it is valid."""
        text = self.validFrom if self.context[0] == V2 else self.issuanceDate
        return None if text is None else datetime.datetime.fromisoformat(text)

    @property
    def ends(self) -> datetime.datetime | None:
        """Until when it is valid."""
        text = self.validUntil if self.context[0] == V2 else self.expirationDate
        return None if text is None else datetime.datetime.fromisoformat(text)

    @property
    def issuer_id(self) -> str:
        """The issuer's URI."""
        return self.issuer if isinstance(self.issuer, str) else self.issuer.id

    @property
    def issuer_name(self) -> str:
        """The issuer's name, or their URI where they gave none."""
        return self.issuer if isinstance(self.issuer, str) else self.issuer.name or self.issuer.id
