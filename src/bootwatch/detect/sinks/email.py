"""Mail over SMTP, with STARTTLS or TLS where the server is told to offer it."""

from __future__ import annotations

import smtplib
import ssl
from dataclasses import dataclass, field
from email.message import EmailMessage
from enum import StrEnum
from typing import Any

from bootwatch.detect.alertstore import Message
from bootwatch.detect.sinks import sink, words
from bootwatch.detect.sinks.http import TIMEOUT_S
from bootwatch.detect.sinks.sink import Rejected, Retry
from bootwatch.documents.entry import Entry


class Security(StrEnum):
    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Mail:
    host: str
    port: int
    security: Security
    sender: str
    recipients: tuple[str, ...]
    user: str | None
    password: str | None = field(repr=False)

    def send(self, message: Message, alert: dict[str, Any]) -> None:
        mail = EmailMessage()
        mail["Subject"] = words.headline(message.event, alert)[:200]
        mail["From"], mail["To"] = self.sender, ", ".join(self.recipients)
        mail["Message-ID"] = f"<{message.key}@bootwatch>"
        steps = "\n".join(f"{n}. {words.plain(step)}" for n, step in enumerate(alert["finding"]["next_steps"], 1))
        known = "\n".join(f"{name}: {value}" for name, value in words.facts(alert))
        lines = "\n".join(words.evidence(alert, 20))
        mail.set_content(f"{known}\n\nEvidence\n{lines}\n\nNext\n{steps}\n")
        try:
            with self._connected() as server:
                if self.user is not None:
                    server.login(self.user, self.password or "")
                server.send_message(mail)
        except smtplib.SMTPResponseException as exc:
            raise (Rejected if exc.smtp_code >= 500 else Retry)(f"SMTP {exc.smtp_code}: {exc.smtp_error!r}") from None
        except smtplib.SMTPRecipientsRefused as exc:
            codes = [int(code) for code, _ in exc.recipients.values()]
            raise (Rejected if min(codes) >= 500 else Retry)(f"recipients refused: {codes}") from None
        except OSError as exc:  # every error of smtplib is one
            raise Retry(sink.error_of(exc)) from None

    def _connected(self) -> smtplib.SMTP:
        if self.security is Security.TLS:
            return smtplib.SMTP_SSL(self.host, self.port, timeout=TIMEOUT_S, context=ssl.create_default_context())
        server = smtplib.SMTP(self.host, self.port, timeout=TIMEOUT_S)
        if self.security is Security.STARTTLS:
            server.starttls(context=ssl.create_default_context())
        return server


def read(item: Entry) -> Mail:
    security = item.choice("security", Security) if item.has("security") else Security.STARTTLS
    usual = {Security.STARTTLS: 587, Security.TLS: 465, Security.NONE: 25}[security]
    return Mail(
        host=item.text("host"),
        port=item.integer("port", 1, 65535) if item.has("port") else usual,
        security=security,
        sender=item.text("from"),
        recipients=item.texts("to", one=True),
        user=item.optional_text("user"),
        password=sink.secret(item, "password") if item.has("password") else None,
    )
