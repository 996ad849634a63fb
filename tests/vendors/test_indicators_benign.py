"""Daily work is silent: twenty-eight commands of each system that look near and weigh nothing."""

from __future__ import annotations

from typing import Final

import pyarrow as pa
import pytest

from bootwatch.vendors.indicators import catalogue

BENIGN: Final = {
    "ios": """
        show version
        show running-config
        show flash:
        dir flash:*.bin
        show boot
        show bootvar
        show install summary
        show software authenticity running
        show platform integrity sign nonce 1
        show logging
        show memory summary
        show redundancy states
        copy running-config startup-config
        copy running-config tftp://192.0.2.9/r1-confg
        copy flash:c2900.bin ftp://ops@192.0.2.9/backup/c2900.bin
        copy tftp://192.0.2.9/r1-confg running-config
        write memory
        configure terminal
        interface GigabitEthernet0/1
        boot-start-marker
        logging host 192.0.2.50
        logging trap informational
        aaa accounting commands 15 default start-stop group tacacs+
        terminal length 0
        test aaa group tacacs+ netadm legacy
        reload cancel
        config-register 0x2102
        archive config
    """,
    "nxos": """
        show version
        show boot
        show install all status
        show install all impact nxos bootflash:nxos.9.3.10.bin
        show feature
        show module
        show incompatibility nxos bootflash:nxos.9.3.10.bin
        dir bootflash:
        show file bootflash:nxos.9.3.10.bin sha512sum
        copy running-config startup-config
        copy running-config tftp://192.0.2.9/n9k-confg vrf management
        copy bootflash:nxos.9.3.10.bin scp://ops@192.0.2.9/ vrf management
        configure terminal
        configure terminal ; vlan 501 ; name WIFI_GUEST
        configure terminal ; interface Ethernet1/1 ; no shutdown
        configure terminal ; logging server 192.0.2.50 6 use-vrf management
        configure terminal ; feature lacp
        configure terminal ; feature tacacs+
        configure terminal ; no logging event link-status default
        configure terminal ; interface Ethernet1/1 ; load-interval counter 1 30
        configure terminal ; system default switchport
        show logging logfile
        show accounting log
        terminal length 0
        clear counters
        checkpoint before
        show virtual-service list
        reload cancel
    """,
    "iosxr": """
        show version
        show install active summary
        show install committed summary
        show install log
        show install repository
        admin show install active
        admin show platform
        show hw-module fpd
        show variables boot
        show running-config
        show logging
        show configuration commit list
        show sam certificate summary all
        show processes cpu
        dir disk0:
        copy running-config tftp://192.0.2.9/xr-confg
        configure
        commit
        interface TenGigE0/0/0/1
        logging 192.0.2.50 vrf default severity info
        no logging events link-status
        aaa accounting commands default start-stop group tacacs+
        router bgp 64512
        clear counters all
        terminal length 0
        install verify packages
        ping 192.0.2.1
        reload cancel
    """,
    "asa": """
        show version
        show bootvar
        show running-config
        show logging
        show module
        show failover
        show crashinfo
        show software authenticity running
        show import webvpn plug-in
        dir disk0:/dap.xml
        verify /sha-512 disk0:/asa9-16-4-smp-k8.bin
        copy running-config startup-config
        copy running-config tftp://192.0.2.9/asa1-confg
        copy /pcap capture:CAP tftp:
        copy disk0:/asa9-16-4-smp-k8.bin ftp://ops@192.0.2.9/
        write memory
        enable
        configure terminal
        terminal pager 0
        logging enable
        logging host inside 192.0.2.50
        access-list OUT extended permit tcp any any eq https
        object network SRV
        packet-tracer input inside tcp 10.0.0.1 1 192.0.2.1 443
        capture CAP interface inside
        test aaa-server authentication TAC host 192.0.2.40 username netadm
        clear local-host
        reload cancel
    """,
    "junos": """
        show version
        show system software
        show system snapshot media internal
        show system firmware
        show system uptime
        show system storage
        show chassis routing-engine
        show log messages
        show configuration | display set
        show interfaces terse
        file list /var/tmp detail
        file checksum sha-256 /var/tmp/junos.tgz
        file copy /var/log/messages scp://ops@192.0.2.9/messages
        file show /var/log/interactive-commands
        request system software validate /var/tmp/junos.tgz
        request support information
        request system storage cleanup dry-run
        request chassis mic offline fpc-slot 3 mic-slot 0
        configure exclusive
        commit check
        commit and-quit
        rollback 1
        set system syslog host 192.0.2.50 any info
        set interfaces ge-0/0/0 description uplink
        delete interfaces ge-0/0/0 disable
        monitor traffic interface ge-0/0/0
        clear interfaces statistics all
        set cli screen-length 0
    """,
    "panos": """
        show system info
        show system software status
        show jobs all
        show log system
        show log config
        show session all
        show high-availability state
        show config running
        show interface all
        show routing route
        request system software check
        request system software info
        request content upgrade check
        request content upgrade download latest
        request content upgrade install version latest
        request anti-virus upgrade install version latest
        request wildfire upgrade install version latest
        request license fetch
        request high-availability state suspend
        debug swm status
        debug swm history
        debug software restart process management-server
        scp export configuration from running-config.xml to ops@192.0.2.9:/tmp/
        tftp export log system to 192.0.2.9
        set shared log-settings syslog COLLECTOR server s1 server 192.0.2.50
        delete rulebase security rules old
        commit
        test security-policy-match source 10.0.0.1
    """,
    "eos": """
        show version
        show boot-config
        show extensions
        show interfaces status
        show logging
        show processes
        show reload cause
        show install
        show running-config
        show inventory
        dir flash:
        verify /sha512 flash:/EOS-4.30.1F.swi
        copy running-config startup-config
        copy running-config tftp://192.0.2.9/eos1-confg
        copy flash:/EOS-4.30.1F.swi scp://ops@192.0.2.9/
        write memory
        configure
        interface Ethernet1
        no shutdown
        logging host 192.0.2.50
        no logging event link-status
        aaa accounting commands all default start-stop logging
        daemon TerminAttr
        terminal length 0
        clear counters
        schedule tech-support interval 60 max-log-files 100 command show tech-support
        ping 192.0.2.1
        reload cancel
    """,
    "fortios": """
        get system status
        get system performance status
        get router info routing-table all
        show full-configuration
        show system interface
        execute ping 192.0.2.1
        execute traceroute 192.0.2.1
        execute backup config tftp fgt1.conf 192.0.2.9
        execute backup full-config ftp fgt1.conf 192.0.2.9
        execute disk list
        execute log display
        execute log filter category event
        execute update-now
        execute date
        execute ha manage 1
        execute vpn certificate local list
        diagnose sys session list
        diagnose sys flash list
        diagnose sys ha status
        diagnose hardware sysinfo memory
        diagnose sniffer packet any icmp 4
        diagnose firewall iprope list
        diagnose test application dnsproxy 2
        diagnose log test
        config firewall policy
        set status enable
        edit 1
        end
    """,
}


def indicators_of(commands: list[str], family: str | None) -> list[list[str]]:
    nothing = pa.nulls(len(commands), pa.string())
    found = catalogue().evaluate(pa.array([family] * len(commands), pa.string()), pa.array(commands), nothing)
    return [ids or [] for ids in found.ids.to_pylist()]


@pytest.mark.parametrize("family", BENIGN)
def test_daily_work_is_silent(family: str) -> None:
    commands = [line.strip() for line in BENIGN[family].strip().splitlines()]
    assert len(set(commands)) == 28
    together = zip(commands, indicators_of(commands, family), strict=True)
    assert [(command, ids) for command, ids in together if ids] == []


@pytest.mark.parametrize("family", BENIGN)
def test_daily_work_weighs_nothing_where_the_system_is_not_known(family: str) -> None:
    weights = {row.id: row.weight for row in catalogue().indicators}
    commands = [line.strip() for line in BENIGN[family].strip().splitlines()]
    together = zip(commands, indicators_of(commands, None), strict=True)
    assert [(command, ids) for command, ids in together if any(weights[name] for name in ids)] == []
