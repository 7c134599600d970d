"""What a Mosquitto and the two services are told: configuration, units, log rotation.

Pure text. Each number says where it comes from.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from lovebell.provision.rights import GATEWAY

if TYPE_CHECKING:
    from pathlib import Path

PORT: Final = 8883
GATEWAY_PORT: Final = 1883

# Mosquitto's own limits, 1000 queued and 20 in flight, silently lost 3,800 of 5,000 presses in a
# burst. Ten messages of every device may wait for a gateway that is down.
_LEAST_QUEUED: Final = 100_000
_QUEUED_PER_DEVICE: Final = 10
_IN_FLIGHT: Final = 2000
# Per device a connection, and one more while a lost one is not noticed yet.
_SPARE_FILES: Final = 1024


@dataclass(frozen=True, slots=True)
class Plan:
    """An installation: the folder, its users, its ports and how many devices are to come."""

    folder: Path
    devices: int
    port: int = PORT
    gateway_port: int = GATEWAY_PORT
    broker_user: str = "mosquitto"
    gateway_user: str = "lovebell"


def mosquitto_conf(plan: Plan) -> str:
    """Plain text on this machine's loopback only; whoever comes from outside comes over TLS."""
    at = plan.folder
    queued = max(_LEAST_QUEUED, _QUEUED_PER_DEVICE * plan.devices)
    return f"""\
# Written by `lovebell broker init`.
per_listener_settings false
allow_anonymous false
password_file {at}/rights/passwords
acl_file {at}/rights/access
user {plan.broker_user}
pid_file {at}/data/mosquitto.pid

# Without it a hop costs 44 ms.
set_tcp_nodelay true

persistence true
persistence_location {at}/data/
autosave_interval 30

# A payload has at most 1024 bytes.
max_packet_size 4096
max_inflight_messages {_IN_FLIGHT}
max_queued_messages {queued}
max_keepalive 120

log_dest file {at}/log/mosquitto.log
log_type error
log_type warning
log_type notice
connection_messages false
log_timestamp_format %Y-%m-%dT%H:%M:%S

# The gateway's own. Who connects is known by the user's name, and by nothing else: a client id
# of somebody else's throws nobody out.
listener {plan.gateway_port} 127.0.0.1
use_username_as_clientid true

# The boards'.
listener {plan.port}
use_username_as_clientid true
certfile {at}/server.key
keyfile {at}/server.key
tls_version tlsv1.2
"""


def port_of(conf: str) -> int | None:
    """The boards' port by a mosquitto.conf as `mosquitto_conf` makes it; None where none is
    open to them."""
    found = re.findall(r"^listener ([0-9]{1,5})$", conf, re.MULTILINE | re.ASCII)
    return int(found[-1]) if found else None


def lovebell_toml(plan: Plan) -> str:
    """The settings of the gateway that belongs to it."""
    return f"""\
broker_port = {plan.gateway_port}
broker_user = "{GATEWAY}"
broker_password_file = "{plan.folder}/gateway.password"
broker_folder = "{plan.folder}"
database = "/var/lib/lovebell/lovebell.db"
"""


_HARDENING: Final = """\
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
PrivateDevices=yes
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectKernelLogs=yes
ProtectControlGroups=yes
ProtectClock=yes
ProtectHostname=yes
ProtectProc=invisible
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
RemoveIPC=yes
CapabilityBoundingSet=
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallErrorNumber=EPERM
UMask=0027
"""


def units(plan: Plan, lovebell: str) -> dict[str, str]:
    """The systemd units, by name. `lovebell` is the path of the command."""
    return {
        "lovebell-broker.service": _broker_unit(plan),
        "lovebell.service": _gateway_unit(plan, lovebell),
        "lovebell-rights.path": _RIGHTS_PATH.format(folder=plan.folder),
        "lovebell-rights.service": _RIGHTS_SERVICE,
    }


def _broker_unit(plan: Plan) -> str:
    files = 2 * plan.devices + _SPARE_FILES
    return f"""\
[Unit]
Description=MQTT broker of the love doorbell
After=network-online.target
Wants=network-online.target
# For ever: a broker that stays down is a bell that stays silent.
StartLimitIntervalSec=0

[Service]
ExecStart=/usr/sbin/mosquitto -c {plan.folder}/mosquitto.conf
# The shell's own: kill as a program is in Debian's procps, which a small system lacks.
ExecReload=/bin/sh -c 'kill -HUP $MAINPID'
User={plan.broker_user}
Restart=always
RestartSec=1
LimitNOFILE={files}
OOMScoreAdjust=-500
ReadWritePaths={plan.folder}/data {plan.folder}/log
InaccessiblePaths=-/var/lib/lovebell
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
MemoryDenyWriteExecute=yes
{_HARDENING}
[Install]
WantedBy=multi-user.target
"""


def _gateway_unit(plan: Plan, lovebell: str) -> str:
    return f"""\
[Unit]
Description=Gateway of the love doorbell
After=network-online.target lovebell-broker.service
Wants=network-online.target lovebell-broker.service
StartLimitIntervalSec=0

[Service]
ExecStart={lovebell} serve
User={plan.gateway_user}
Restart=always
RestartSec=1
TimeoutStopSec=30
OOMScoreAdjust=-500
StateDirectory=lovebell
StateDirectoryMode=0750
ReadWritePaths={plan.folder}/rights
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
{_HARDENING}
[Install]
WantedBy=multi-user.target
"""


# The gateway may write the rights, and nothing else of the broker's; who tells the broker is
# systemd. A start limit would leave a pairing unheard that comes with five others in ten seconds.
_RIGHTS_PATH: Final = """\
[Unit]
Description=Rights at the love doorbell's broker

[Path]
PathChanged={folder}/rights/passwords

[Install]
WantedBy=multi-user.target
"""

_RIGHTS_SERVICE: Final = """\
[Unit]
Description=Let the love doorbell's broker read the rights again
StartLimitIntervalSec=0

[Service]
Type=oneshot
ExecStart=/bin/systemctl reload lovebell-broker.service
"""


def logrotate(plan: Plan) -> str:
    """Two weeks of the broker's log. A signal, no copy: what is written meanwhile is kept."""
    return f"""\
{plan.folder}/log/mosquitto.log {{
    daily
    rotate 14
    maxsize 50M
    compress
    delaycompress
    missingok
    notifempty
    su {plan.broker_user} {plan.broker_user}
    create 0640 {plan.broker_user} {plan.broker_user}
    postrotate
        systemctl reload lovebell-broker.service >/dev/null 2>&1 || true
    endscript
}}
"""
