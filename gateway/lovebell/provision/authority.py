"""A private certificate authority and the broker's certificate.

Owns keys and dates. Elliptic curves (P-256): the authority takes 400 bytes of a board's flash and
memory, with RSA it would be twice that. It lasts twenty years, because it is on boards that nobody
collects; the broker's certificate, which is renewed without touching a board, two.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, cast

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

if TYPE_CHECKING:
    from collections.abc import Sequence

AUTHORITY_YEARS: Final = 20
SERVER_YEARS: Final = 2
# A board whose clock is a little behind must believe it all the same.
_BEFORE: Final = timedelta(days=1)
_YEAR: Final = timedelta(days=365.25)


@dataclass(frozen=True, slots=True)
class Pair:
    """A certificate and its key, both in PEM."""

    certificate: bytes
    key: bytes

    @property
    def der(self) -> bytes:
        """The certificate as a board reads it."""
        read = x509.load_pem_x509_certificate(self.certificate)
        return read.public_bytes(serialization.Encoding.DER)


def make_authority(now_ms: int) -> Pair:
    """A new authority, which signs for nobody below it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "love doorbell authority")])
    built = (
        _begun(name, name, key.public_key(), now_ms, AUTHORITY_YEARS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    return _pair(built, key)


def make_server(authority: Pair, hosts: Sequence[str], now_ms: int) -> Pair:
    """A certificate for a broker that is found under these names and addresses."""
    signer = cast(
        "ec.EllipticCurvePrivateKey", serialization.load_pem_private_key(authority.key, None)
    )
    issuer = x509.load_pem_x509_certificate(authority.certificate)
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, hosts[0][:64])])
    usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
    key_id = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key())
    built = (
        _begun(subject, issuer.subject, key.public_key(), now_ms, SERVER_YEARS)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs=False), critical=True)
        .add_extension(usage, critical=False)
        .add_extension(x509.SubjectAlternativeName([_name(one) for one in hosts]), critical=False)
        .add_extension(key_id, critical=False)
        .sign(signer, hashes.SHA256())
    )
    return _pair(built, key)


def hosts_of(certificate: bytes) -> list[str]:
    """The names and addresses that a certificate in PEM is for."""
    read = x509.load_pem_x509_certificate(certificate)
    names = read.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return [str(name.value) for name in names]


def expires_ms(certificate: bytes) -> int:
    """When a certificate in PEM ends, UTC."""
    read = x509.load_pem_x509_certificate(certificate)
    return round(read.not_valid_after_utc.timestamp() * 1000)


def _begun(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now_ms: int, years: int
) -> x509.CertificateBuilder:
    now = datetime.fromtimestamp(now_ms // 1000, UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BEFORE)
        .not_valid_after(now + _YEAR * years)
    )


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs,
        crl_sign=signs,
        encipher_only=False,
        decipher_only=False,
    )


def _name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _pair(certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> Pair:
    form = serialization.PrivateFormat.PKCS8
    raw = key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())
    return Pair(certificate.public_bytes(serialization.Encoding.PEM), raw)
