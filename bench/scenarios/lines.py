"""What devices and AAA servers write about an act: one function a channel, each in the form its writer documents.

TACACS+ servers (tac_plus, tac_plus-ng, TacacsGUI), the TACACS+ logs of Cisco ISE, the system messages of the vendors.
"""

from collections.abc import Callable

from bench.scenarios.headers import Line, Scene, bsd, device_log, syslog

# TACACS+ accounting: the server writes it, the device is a column.


def tac(scene: Scene, text: str) -> list[Line]:
    """tac_plus, tab separated: time, NAS, user, port, NAC, type, pairs; IOS ends the command with ``<cr>``."""
    time = scene.time
    stamp = f"{time:%Y-%m-%d %H:%M:%S} +0000" if scene.device.number % 2 else bsd(time)
    fields = [stamp, scene.device.ip, scene.user, scene.tty, scene.source, "stop", f"task_id={scene.number % 9000}"]
    if scene.device.os == "nxos":
        result = "FAILURE" if scene.failed else "SUCCESS"
        fields[3] = f"{scene.source}@pts/3"
        fields += [f"start_time={int(time.timestamp())}", "timezone=UTC", f"cmd={text} ({result})", "service=none"]
    else:
        fields += ["timezone=UTC", "service=shell", "priv-lvl=15", f"cmd={text} <cr>"]
    return [("tacacs", "\t".join(fields))]


def tacng(scene: Scene, text: str) -> list[Line]:
    """tac_plus-ng by syslog: ``id|nas|user|port|nac|type|service|cmd``."""
    parts = [scene.number, scene.device.ip, scene.user, scene.tty, scene.source, "stop", "shell", f"{text} <cr>"]
    stamp = f"{scene.time:%Y-%m-%dT%H:%M:%S}+00:00"
    return [("tacacs", f"<38>{stamp} aaa1.{scene.domain} tac_plus-ng[811]: {'|'.join(map(str, parts))}")]


def tacgui(scene: Scene, text: str) -> list[Line]:
    """TacacsGUI's ``|!|``."""
    time = scene.time
    fields = [f"{time:%Y-%m-%d %H:%M:%S} +0000", scene.device.ip, scene.user, scene.tty, scene.source, "stop"]
    fields += [f"task_id={scene.number % 9000}", "timezone=UTC", "service=shell", f"start_time={int(time.timestamp())}"]
    return [("tacacs", "|!|".join([*fields, "priv-lvl=15", f"cmd={text} <cr>"]))]


def ise(scene: Scene, text: str) -> list[Line]:
    """ISE 3300, command accounting, in one record or in two parts that share their number."""
    head, body = _ise(
        scene, "CISE_TACACS_Accounting", "3300", "NOTICE Tacacs-Accounting: TACACS+ Accounting with Command"
    )
    body += [f"CmdSet=[ CmdAV={text} <cr> ]", "RequestLatency=2", f"NetworkDeviceName={scene.device.name}"]
    body += ["Type=Accounting", "Privilege-Level=15", "Service=Login", f"User={scene.user}", f"Port={scene.tty}"]
    body += [f"Remote-Address={scene.source}", f"AVPair=task_id={scene.number % 9000}", "AcctRequest-Flags=Stop"]
    if scene.device.number % 4 == 3:
        first, second = head
        return [
            ("ise", f"{first} 2 0 {second}{', '.join(body[:7])}, "),
            ("ise", f"{first} 2 1  {', '.join(body[7:])}, "),
        ]
    return [("ise", f"{head[0]} 1 0 {head[1]}{', '.join(body)}, ")]


def iseauth(scene: Scene, text: str) -> list[Line]:
    """ISE 5202, command authorisation: every word of the command stands alone."""
    words = text.split()
    command = " ".join([f"CmdAV={words[0]}", *(f"CmdArgAV={word}" for word in words[1:]), "CmdArgAV=<cr>"])
    text = "NOTICE Device-Administration: Command Authorization succeeded"
    head, body = _ise(scene, "CISE_Passed_Authentications", "5202", text)
    body += [f"CmdSet=[ {command} ]", f"NetworkDeviceName={scene.device.name}", "Protocol=Tacacs", "Type=Authorization"]
    body += [f"UserName={scene.user}", f"User={scene.user}", f"Port={scene.tty}", f"Remote-Address={scene.source}"]
    return [("ise", f"{head[0]} 1 0 {head[1]}{', '.join(body)}, ")]


def _ise(scene: Scene, name: str, code: str, text: str) -> tuple[tuple[str, str], list[str]]:
    number, time = f"{scene.random.randrange(10**7):010d}", scene.time
    millis = f"{time:%Y-%m-%d %H:%M:%S}.{time.microsecond // 1000:03d}"
    head = f"<182>{bsd(time)} ise-psn1 {name} {number}"
    body = ["ConfigVersionId=164", f"Device IP Address={scene.device.ip}", "DestinationPort=49"]
    return (head, f"{millis} +00:00 00{scene.number} {code} {text}, "), body


# What the device itself writes.


def log(scene: Scene, text: str) -> list[Line]:
    """A system message as it stands; ``\\n`` in it begins a continuation line."""
    return [(device_log(scene), syslog(scene, text.replace("\\n", "\n")))]


def acctlocal(scene: Scene, text: str) -> list[Line]:
    return log(scene, f"%AAAA-6-ACCTLOCAL: Username: {scene.user} Privilege level: 15 Command: {text} <cr>")


def cfg(scene: Scene, text: str) -> list[Line]:
    return log(scene, f"%PARSER-5-CFGLOG_LOGGEDCMD: User:{scene.user}  logged command:{text} ")


def eem(scene: Scene, text: str) -> list[Line]:
    """A catch-all applet: no user, and the command as it was typed."""
    return log(scene, f"%HA_EM-6-LOG: catchall: {text} ")


def configured(scene: Scene, text: str) -> list[Line]:
    body = f"%SYS-5-CONFIG_I: Configured from console by {scene.user} on {scene.tty} ({scene.source})"
    return log(scene, body if scene.device.os != "eos" else f"ConfigAgent: {body}")


def reloads(scene: Scene, text: str) -> list[Line]:
    reason = text or "Reload Command"
    return log(
        scene,
        f"%SYS-5-RELOAD: Reload requested by {scene.user} on {scene.tty} ({scene.source}). Reload Reason: {reason}.",
    )


def restart(scene: Scene, text: str) -> list[Line]:
    """``%SYS-5-RESTART`` with the banner that names the running version, on the same line or on the next ones.

    Behind the relay of header form 1 stand devices without a battery: they start in March, whatever the relay says.
    """
    name = scene.device.images["old"].split(".")[0].split("-")[0].upper()
    software = f"Cisco IOS Software, {name} Software ({name}-UNIVERSALK9-M), Version {text}, RELEASE SOFTWARE (fc2)"
    gap = (" ", "\n")[scene.device.number % 2]
    body = f"%SYS-5-RESTART: System restarted --{gap}{software}"
    if scene.device.number % 6 == 1:
        stamp = f"*Mar  1 00:00:{scene.random.randrange(40, 59)}.{scene.random.randrange(1000):03d}"
        return [(device_log(scene), f"{bsd(scene.time)} {scene.device.name} {scene.number}: {stamp}: {body}")]
    return log(scene, body)


def login(scene: Scene, text: str) -> list[Line]:
    """A login, in the words of the OS."""
    user, source, time = scene.user, scene.source, scene.time
    address = scene.device.ip
    permitted = f'6-605005: Login permitted from {source}/{scene.port} to inside:{address}/ssh for user "{user}"'
    bodies = {
        "nxos": f"%AUTHPRIV-6-SYSTEM_MSG: pam_unix(dcos_sshd:session): session opened for user {user} by (uid=0)"
        f" - dcos_sshd[{scene.port}]",
        "iosxr": f"SSHD_[{scene.port}]: %SECURITY-SSHD-6-INFO_SUCCESS : Successfully authenticated user '{user}'"
        f" from '{source}' on 'vty0'",
        "asa": f"%ASA-{permitted}",
        "ftd": f"%FTD-{permitted}",
        "junos": f"{_mgd(scene)}: UI_LOGIN_EVENT: User '{user}' login, class 'j-super-user' [{scene.number % 30_000}],"
        f" ssh-connection '{source} {scene.port} {scene.device.ip} 22', client-mode 'cli'",
        "eos": f"Aaa: %AAA-5-LOGIN: user {user} logged in [from: {source}] [service: sshd]",
    }
    clock = f"{time:%H:%M:%S} UTC {time:%a %b} {time.day} {time.year}"
    ios = f"%SEC_LOGIN-5-LOGIN_SUCCESS: Login Success [user: {user}] [Source: {source}] [localport: 22] at {clock}"
    if scene.device.os == "panos":
        said = f"authenticated for user '{user}'. auth profile 'AD', vsys 'shared', From: {source}."
        return pansys(scene, f"auth;auth;informational;{said}")
    if scene.device.os == "fortios":
        pairs = f'method="ssh" srcip={source} action="login" status="success"'
        return fgt(scene, f"0100032001 information Admin login successful; {pairs}")
    return log(scene, bodies.get(scene.device.os, ios))


def nx(scene: Scene, text: str) -> list[Line]:
    """NX-OS accounting, sent to syslog at level 6."""
    result = "FAILURE" if scene.failed else "SUCCESS"
    return log(scene, f"%AAA-6-AAA_ACCOUNTING_MESSAGE: update:{scene.source}@pts/0:{scene.user}:{text} ({result})")


def asa(scene: Scene, text: str) -> list[Line]:
    """ASA and FTD report a command twice: who and what (111008), and from where (111010)."""
    name = "%FTD" if scene.device.os == "ftd" else ("%ASA-config" if scene.device.number % 3 == 2 else "%ASA")
    first = f"{name}-5-111008: User '{scene.user}' executed the '{text}' command."
    second = f"{name}-5-111010: User '{scene.user}', running 'CLI' from IP {scene.source}, executed '{text}'"
    return [*log(scene, first), *log(scene, second)]


def jun(scene: Scene, text: str) -> list[Line]:
    """Junos with ``interactive-commands any``; every fourth device writes the structured form."""
    body = f"User '{scene.user}', command '{text} '"
    if scene.device.number % 4 == 3:
        pairs = f'[junos@2636.1.1.1.2.40 username="{scene.user}" command="{text} "]'
        stamp = f"{scene.time:%Y-%m-%dT%H:%M:%S}.{scene.time.microsecond // 1000:03d}Z"
        line = f"<190>1 {stamp} {scene.device.name} mgd {scene.number % 30_000} UI_CMDLINE_READ_LINE {pairs} {body}"
        return [(device_log(scene), line)]
    return log(scene, f"{_mgd(scene)}: UI_CMDLINE_READ_LINE: {body}")


def junrpc(scene: Scene, text: str) -> list[Line]:
    body = f"UI_NETCONF_CMD: User '{scene.user}' used NETCONF client to run command '{text}'"
    return log(scene, f"{_mgd(scene)}: {body}")


def juncfg(scene: Scene, text: str) -> list[Line]:
    """A statement that is set or deleted: ``delete [system syslog host 10.0.0.1]``."""
    verb, _, path = text.partition(" ")
    tag = "UI_CFG_AUDIT_SET" if verb == "set" else "UI_CFG_AUDIT_OTHER"
    return log(scene, f"{_mgd(scene)}: {tag}: User '{scene.user}' {verb}: {path}")


def commit(scene: Scene, text: str) -> list[Line]:
    if scene.device.os == "iosxr":
        return log(
            scene,
            f"config[65701]: %MGBL-CONFIG-6-DB_COMMIT : Configuration committed by user '{scene.user}'. "
            f"Use 'show configuration commit changes 10000{scene.number % 100_000:05d}' to view the changes.",
        )
    body = f"UI_COMMIT: User '{scene.user}' requested 'commit' operation (comment: {text or 'none'})"
    return log(scene, f"{_mgd(scene)}: {body}")


def _mgd(scene: Scene) -> str:
    return f"mgd[{scene.number % 30_000}]"


def pansys(scene: Scene, text: str) -> list[Line]:
    """SYSTEM: ``module;event;severity;description``."""
    module, event, severity, description = text.split(";", 3)
    quoted = description.replace('"', '""')
    said = f'{event},,0,0,{module},{severity},"{quoted}"'
    return [("panos", syslog(scene, f"{_pan_start(scene, f'SYSTEM,{module}')},,{said},{_pan_end(scene)}"))]


def pancfg(scene: Scene, text: str) -> list[Line]:
    """CONFIG: ``command path`` as the configuration log names them."""
    command, _, path = text.partition(" ")
    result = "Failed" if scene.failed else "Succeeded"
    said = f"{scene.source},,{command},{scene.user},Web,{result}, {path}"
    return [("panos", syslog(scene, f"{_pan_start(scene, 'CONFIG,0')},{said},{_pan_end(scene)}"))]


def panaud(scene: Scene, text: str) -> list[Line]:
    """AUDIT (PAN-OS 10.1 and later): operational commands."""
    stamp = f"{scene.time:%Y/%m/%d %H:%M:%S}"
    result = "failure" if scene.failed else "success"
    quoted = f'"{text}"' if "," in text else text
    said = f"{_pan_serial(scene)},{stamp},audit,2561,cli,{scene.user},{quoted},{result}"
    return [("panos", f"{bsd(scene.time)} {scene.device.name} {said}")]


def _pan_start(scene: Scene, kind: str) -> str:
    stamp = f"{scene.time:%Y/%m/%d %H:%M:%S}"
    return f"1,{stamp},{_pan_serial(scene)},{kind},2561,{stamp}"


def _pan_end(scene: Scene) -> str:
    return f"{scene.number},0x0,0,0,0,0,,{scene.device.name}"


def _pan_serial(scene: Scene) -> str:
    return f"0118010{scene.device.number:05d}"


def eos(scene: Scene, text: str) -> list[Line]:
    start = f"{scene.time.timestamp():.2f}"
    return log(
        scene,
        f"Aaa: %ACCOUNTING-6-CMD: {scene.user} {scene.tty} {scene.source} stop task_id={scene.number % 9000} "
        f"start_time={start} timezone=UTC service=shell priv-lvl=15 cmd={text} <cr>",
    )


def fgt(scene: Scene, text: str) -> list[Line]:
    """An event: ``id level description; further pairs``; user and interface are added."""
    head, _, pairs = text.partition("; ")
    identifier, level, description = head.split(" ", 2)
    body = f'logid="{identifier}" type="event" subtype="system" level="{level}" vd="root" logdesc="{description}"'
    return log(scene, f'{body} user="{scene.user}" ui="ssh({scene.source})" {pairs}')


def fgtcli(scene: Scene, text: str) -> list[Line]:
    """``cli-audit-log``: what is executed at the command line."""
    return fgt(scene, f'0100044548 information Action performed; action="Execute" msg="{text}"')


CHANNELS: dict[str, Callable[[Scene, str], list[Line]]] = {
    function.__name__: function
    for function in (
        tac, tacng, tacgui, ise, iseauth, log, acctlocal, cfg, eem, configured, reloads, restart, login, nx, asa, jun,
        junrpc, juncfg, commit, pansys, pancfg, panaud, eos, fgt, fgtcli,
    )
}  # fmt: skip
