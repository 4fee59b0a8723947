"""The real programs: how a server is started on the bed, and one function for each transfer that a client makes.

A transfer takes a Case and raises bed.Blocked if the program says that it got no data connection, and bed.Broken if anything else went
wrong.
"""
import contextlib
import os
import random
import re
import shutil
import struct
import time

import bed
import conversations
from bed import Blocked, Broken

SIZES = {"small.bin": 12345, "large.bin": 400000}
UPLOADS = {"up.bin": 54321}


class Case:
    """What a transfer is given. limit: seconds that a connection may take; number: of the case, for names and ports of its own."""

    def __init__(self, place, family, limit, number):
        self.bed, self.family, self.limit, self.number = place, family, limit, number
        self.server = bed.address("server", family)
        self.folder = os.path.join(place.folder, "case-%d-%d" % (number, time.monotonic_ns()))
        os.mkdir(self.folder)
        for name, size in UPLOADS.items():
            fill(os.path.join(self.folder, name), size)

    def client(self, *words, seconds=None, env=None):
        return self.bed.run("client", *words, cwd=self.folder, env=env, seconds=seconds or max(self.limit * 1.5, self.limit + 1))

    def bracketed(self):
        return self.server if self.family == 4 else "[%s]" % self.server

    def same(self, ours, theirs):
        """The two files, of the client and of the server, have the same contents."""
        with open(os.path.join(self.folder, ours), "rb") as a, open(os.path.join(self.bed.folder, theirs), "rb") as b:
            if a.read() != b.read():
                raise Broken("%s and %s differ" % (ours, theirs))


def fill(path, size):
    with open(path, "wb") as out:
        out.write(random.Random(os.path.basename(path)).randbytes(size))


def public(place, name):
    """A folder that everybody may write to, with the files to fetch beside it."""
    folder = os.path.join(place.folder, name)
    os.makedirs(os.path.join(folder, "upload"))
    os.makedirs(os.path.join(folder, "empty"))
    os.chmod(os.path.join(folder, "upload"), 0o777)
    for file, size in SIZES.items():
        fill(os.path.join(folder, file), size)
    return folder


# --- ftp ---

VSFTPD = """background=NO
listen=%s
listen_ipv6=%s
%s=%s
anonymous_enable=YES
anon_root=%s
write_enable=YES
anon_upload_enable=YES
anon_other_write_enable=YES
anon_umask=022
secure_chroot_dir=%s/empty
connect_from_port_20=YES
seccomp_sandbox=NO
xferlog_enable=NO
connect_timeout=4
accept_timeout=5
"""


def serve_ftp(place):
    folder = public(place, "ftp")
    for family in (4, 6):
        words = ("YES", "NO", "listen_address") if family == 4 else ("NO", "YES", "listen_address6")
        place.write("vsftpd-%d.conf" % family, VSFTPD % (*words, bed.address("server", family), folder, folder))
        server = place.spawn("server", "vsftpd", os.path.join(place.folder, "vsftpd-%d.conf" % family))
        place.listening("server", "tcp", 21, server)


CURL = {"pasv": ("--disable-epsv",), "epsv": (), "port": ("--ftp-port", "-", "--disable-eprt"), "eprt": ("--ftp-port", "-")}


def curl(case, how, what):
    """Gets two files over one control connection, or puts one."""
    words = ["curl", "-sS", "--max-time", str(case.limit), "--connect-timeout", str(case.limit), *CURL[how]]
    url = "ftp://%s/" % case.bracketed()
    if what == "get":
        for name in SIZES:
            words += ["-o", name, url + name]
    else:
        words += ["-T", "up.bin", url + "upload/%d.bin" % case.number]
    done = case.client(*words)
    # 28: time is up; 10, 12: the server did not connect
    if done.status in (28, 10, 12):
        raise Blocked("curl: " + done.text.strip())
    if done.status:
        raise Broken("curl ended with %d: %s" % (done.status, done.text))
    if what == "put":
        case.same("up.bin", "ftp/upload/%d.bin" % case.number)
    for name in SIZES if what == "get" else ():
        case.same(name, "ftp/" + name)


def lftp(case, mode):
    """A listing, two downloads and an upload in one session."""
    script = ["set net:timeout 1; set net:max-retries 1; set net:reconnect-interval-base 1; set cmd:fail-exit yes; set xfer:clobber on",
              "set ftp:passive-mode " + ("yes" if mode == "passive" else "no"), "open -u anonymous,guest@ ftp://" + case.bracketed(),
              "nlist", "get small.bin", "get large.bin", "put up.bin -o upload/l%d.bin" % case.number, "bye"]
    done = case.client("lftp", "-c", "\n".join(script), env={"HOME": case.folder, "LC_ALL": "C"})
    if done.status and re.search("max-retries|[Tt]imeout|425", done.text):
        raise Blocked("lftp: " + done.text.strip())
    if done.status:
        raise Broken("lftp ended with %d: %s" % (done.status, done.text))
    for name in SIZES:
        case.same(name, "ftp/" + name)
    case.same("up.bin", "ftp/upload/l%d.bin" % case.number)


# --- tftp ---

def serve_tftp(place):
    folder = public(place, "tftp")
    for family in (4, 6):
        at = "%s:69" % (bed.address("server", 4) if family == 4 else "[%s]" % bed.address("server", 6))
        server = place.spawn("server", "in.tftpd", "-L", "-%d" % family, "-a", at, "-c", "-s", folder)
        place.listening("server", "udp", 69, server)


def tftp(case, what):
    ours, theirs = ("large.bin", "large.bin") if what == "get" else ("up.bin", "upload/%d.bin" % case.number)
    files = (theirs, ours) if what == "get" else (ours, theirs)
    done = case.client("tftp", "-%d" % case.family, "-m", "binary", case.server, "-c", what, *files)
    # The program's status is 0 either way.
    if "timed out" in done.text:
        raise Blocked("tftp: " + done.text.strip())
    if done.text.strip():
        raise Broken("tftp: " + done.text)
    case.same(ours, "tftp/" + theirs)


# --- irc ---

NGIRCD = """[Global]
Name = irc.example.net
AdminInfo1 = test
Info = test server
Listen = %s
Ports = 6667
[Limits]
MaxConnectionsIP = 0
[Options]
DNS = no
Ident = no
PAM = no
"""


def serve_irc(place):
    path = place.write("ngircd.conf", NGIRCD % bed.address("server", 4))
    server = place.spawn("server", "ngircd", "-n", "-f", path)
    place.listening("server", "tcp", 6667, server)


class User:
    """A scripted IRC user."""

    def __init__(self, ends, host, nick):
        self.sock, self.nick, self.rest = ends.make(host), nick, b""
        self.sock.connect((ends.address("server"), 6667))
        conversations.say(self.sock, "NICK %s\r\nUSER %s 0 * :%s\r\n" % (nick, nick, nick))
        self.hear(r" 001 ")

    def hear(self, pattern):
        """Answers pings until a line comes that matches."""
        while True:
            while b"\n" not in self.rest:
                more = self.sock.recv(4096)
                if not more:
                    raise Broken("irc: closed")
                self.rest += more
            text, self.rest = self.rest.split(b"\n", 1)
            text = text.decode("latin-1")
            if text.startswith("PING"):
                conversations.say(self.sock, "PONG%s\r\n" % text[4:].rstrip())
            found = re.search(pattern, text)
            if found:
                return found


def irc(case, what):
    """A user behind the firewall offers, the other connects to the port in the offer as it arrived."""
    with conversations.ends_of(case.bed, 4, case.limit) as ends:
        ann, bob = User(ends, "client", "ann%d" % case.number), User(ends, "server", "bob%d" % case.number)
        listener, port = ends.listen("client")
        number = struct.unpack("!I", bytes(map(int, ends.address("client").split("."))))[0]
        offer = "SEND up.bin %d %d %d" % (number, port, UPLOADS["up.bin"]) if what == "send" else "CHAT chat %d %d" % (number, port)
        conversations.say(ann.sock, "PRIVMSG %s :\x01DCC %s\x01\r\n" % (bob.nick, offer))
        found = bob.hear(r"\x01DCC (?:SEND|CHAT) \S+ %d (\d+)" % number)
        if int(found[1]) != port:
            raise Broken("irc: another port arrived")
        near, far = ends.connect("server", "client", listener)
        if what == "send":
            with open(os.path.join(case.folder, "up.bin"), "rb") as file:
                data = file.read()
            far.sendall(data)
            if conversations.hear(near, len(data)) != data:
                raise Broken("irc: another file arrived")
        else:
            conversations.tell(near, far, "hello", "hello yourself")
        conversations.say(ann.sock, "QUIT\r\n")
        ends.finish()


# --- sip ---

def nothing(place):
    """No server for all cases."""


def sipp(case, transport):
    """A call with sound played from a capture; the called sends it back."""
    where, here = case.bracketed(), bed.address("client", case.family)
    here = here if case.family == 4 else "[%s]" % here
    scene = case.bed.write("uac-%d.xml" % case.number, SCENE)
    port, media, own = 5060, 16000 + 10 * case.number, 17000 + 10 * case.number
    called = case.bed.spawn("server", "sipp", "-sn", "uas", "-i", where, "-p", str(port), "-m", "1", "-nostdin", "-timeout", "15s",
                            "-t", "u1" if transport == "udp" else "t1", "-rtp_echo", "-mp", str(media), cwd=case.folder)
    try:
        case.bed.listening("server", "tcp" if transport == "tcp" else "udp", port, called)
        with contextlib.closing(case.bed.tap("server")) as there, contextlib.closing(case.bed.tap("client")) as back:
            done = case.client("sipp", "-sf", scene, "%s:%d" % (where, port), "-i", here, "-p", str(port), "-m", "1", "-nostdin",
                               "-timeout", "10s", "-t", "u1" if transport == "udp" else "t1", "-mp", str(own), seconds=15)
            if done.status:
                raise Broken("sipp ended with %d: %s" % (done.status, done.text[-1500:]))
            got = count(there, media), count(back, own)
    finally:
        called.end()
    if got == (0, 0):
        raise Blocked("sipp: no sound passed")
    if min(got) < 20:
        raise Broken("sipp: %d packets of sound arrived, %d came back" % got)


def count(tap, port):
    """UDP packets to the port that reached the host."""
    found = 0
    while True:
        try:
            data, where = tap.recvfrom(4096)
        except BlockingIOError:
            return found
        if where[2] == 4:               # sent by the host itself
            continue
        proto, head = (20, 54) if data[12:14] == b"\x86\xdd" else (23, 34)
        found += data[proto] == 17 and data[head + 2:head + 4] == struct.pack("!H", port)


SCENE = """<?xml version="1.0" encoding="ISO-8859-1" ?>
<scenario name="call with sound">
<send retrans="500"><![CDATA[
INVITE sip:bob@[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: ann <sip:ann@[local_ip]:[local_port]>;tag=[pid]a[call_number]
To: bob <sip:bob@[remote_ip]:[remote_port]>
Call-ID: [call_id]
CSeq: 1 INVITE
Contact: <sip:ann@[local_ip]:[local_port];transport=[transport]>
Max-Forwards: 70
Content-Type: application/sdp
Content-Length: [len]

v=0
o=ann 1 1 IN IP[local_ip_type] [local_ip]
s=-
c=IN IP[media_ip_type] [media_ip]
t=0 0
m=audio [auto_media_port] RTP/AVP 8
a=rtpmap:8 PCMA/8000

]]></send>
<recv response="100" optional="true"/>
<recv response="180" optional="true"/>
<recv response="200" rtd="true" rrs="true"/>
<send><![CDATA[
ACK sip:bob@[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: ann <sip:ann@[local_ip]:[local_port]>;tag=[pid]a[call_number]
To: bob <sip:bob@[remote_ip]:[remote_port]>[peer_tag_param]
Call-ID: [call_id]
CSeq: 1 ACK
Max-Forwards: 70
Content-Length: 0

]]></send>
<nop><action><exec play_pcap_audio="/usr/share/sip-tester/g711a.pcap"/></action></nop>
<pause milliseconds="800"/>
<send retrans="500"><![CDATA[
BYE sip:bob@[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: ann <sip:ann@[local_ip]:[local_port]>;tag=[pid]a[call_number]
To: bob <sip:bob@[remote_ip]:[remote_port]>[peer_tag_param]
Call-ID: [call_id]
CSeq: 2 BYE
Max-Forwards: 70
Content-Length: 0

]]></send>
<recv response="200" crlf="true"/>
</scenario>
"""


# --- sane ---

def serve_sane(place):
    for family in (4, 6):
        name = "saned-%d" % family
        place.write(name + "/saned.conf", "10.20.0.0/24\n[fd00:20::]/64\n")
        place.write(name + "/dll.conf", "test\n")
        place.write(name + "/test.conf", "number_of_devices 1\n")
        server = place.spawn("server", "saned", "-l", "-b", bed.address("server", family),
                             env={"SANE_CONFIG_DIR": os.path.join(place.folder, name)})
        place.listening("server", "tcp", 6566, server)
    place.write("scanimage/dll.conf", "net\n")
    place.write("scanimage/net.conf", "connect_timeout = 2\n")


def scanimage(case):
    with open(os.path.join(case.folder, "page.pnm"), "wb") as page:
        script = 'exec scanimage -d "$1" --mode Gray --depth 8 --resolution 50 -x 40 -y 40 >page.pnm'
        done = case.client("sh", "-c", script, "sh", "net:%s:test:0" % case.bracketed(),
                           env={"SANE_CONFIG_DIR": os.path.join(case.bed.folder, "scanimage")})
        size = os.fstat(page.fileno()).st_size
    if done.status:
        raise Broken("scanimage ended with %d: %s" % (done.status, done.text))
    if size < 78 * 78:
        raise Broken("scanimage: a page of %d bytes" % size)


# --- snmp, netbios-ns: the router asks ---

# snmpget does not ask for the permission to broadcast; snmpd answers from the address that it was asked at, which a broadcast address
# cannot be. Loaded into both.
PERMIT = """#define _GNU_SOURCE
#include <dlfcn.h>
#include <netinet/in.h>
#include <sys/socket.h>
typedef int (*option_fn)(int, int, int, const void *, socklen_t);
int setsockopt(int fd, int level, int name, const void *value, socklen_t len)
{
	return level == IPPROTO_IP && name == IP_PKTINFO ? 0 : ((option_fn)dlsym(RTLD_NEXT, "setsockopt"))(fd, level, name, value, len);
}
int socket(int domain, int type, int protocol)
{
	int fd = ((int (*)(int, int, int))dlsym(RTLD_NEXT, "socket"))(domain, type, protocol), on = 1;

	setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &on, sizeof(on));
	return fd;
}
"""


def everybody():
    return bed.address("client", 4).rsplit(".", 1)[0] + ".255"


def serve_snmp(place):
    done = place.run("router", "cc", "-shared", "-fPIC", "-o", os.path.join(place.folder, "permit.so"), place.write("permit.c", PERMIT))
    if done.status:
        raise Broken("permit.c: " + done.text)
    path = place.write("snmpd.conf", "agentAddress udp:161\nrocommunity public\nsysLocation here\n")
    server = place.spawn("client", "snmpd", "-f", "-Lo", "-C", "-c", path, "-I", "-smux", env=permitted(place))
    place.listening("client", "udp", 161, server)


def permitted(place):
    return {"SNMP_PERSISTENT_DIR": place.folder, "LD_PRELOAD": os.path.join(place.folder, "permit.so")}


def snmpget(case):
    done = case.bed.run("router", "snmpget", "-v2c", "-c", "public", "-t", "1", "-r", "0", everybody(), "1.3.6.1.2.1.1.6.0",
                        env=permitted(case.bed))
    if "Timeout" in done.text:
        raise Blocked("snmpget: " + done.text.strip())
    if done.status or "here" not in done.text:
        raise Broken("snmpget ended with %d: %s" % (done.status, done.text))


NMBD = """[global]
workgroup = BED
netbios name = %s
interfaces = %s
bind interfaces only = yes
local master = no
preferred master = no
domain master = no
os level = 0
dns proxy = no
load printers = no
disable netbios = no
lock directory = %s
state directory = %s
cache directory = %s
pid directory = %s
private dir = %s
log file = /dev/stdout
"""


def nmbd_conf(place, name, at):
    return place.write(name + ".conf", NMBD % (name, at + "/24", *(place.folder,) * 5))


def serve_netbios(place):
    path = nmbd_conf(place, "FILES", bed.address("client", 4))
    nmbd_conf(place, "ASKER", bed.address("client", 4, "router"))
    server = place.spawn("client", "nmbd", "-F", "--no-process-group", "-s", path)
    place.listening("client", "udp", 137, server)
    # It answers when its own questions about its name are over. No rules are in force yet.
    bed.until("nmbd knows its name", lambda: ask_name(place).status == 0)


def ask_name(place):
    return place.run("router", "nmblookup", "-s", os.path.join(place.folder, "ASKER.conf"), "-B", everybody(), "FILES")


def nmblookup(case):
    done = ask_name(case.bed)
    if "failed to find name" in done.text:
        raise Blocked("nmblookup: " + done.text.strip())
    if done.status or bed.address("client", 4) not in done.text:
        raise Broken("nmblookup ended with %d: %s" % (done.status, done.text))


# --- pptp ---

def serve_pptp(place):
    # Stands for pppd: pptpd starts it for each call, on a terminal of its own.
    stub = place.write("ppp", "#!/bin/sh\nexec cat >/dev/null\n", 0o755)
    path = place.write("pptpd.conf", "localip 192.168.77.1\nremoteip 192.168.77.10-20\nlisten %s\nppp %s\npidfile %s/pptpd.pid\n" %
                       (bed.address("server", 4), stub, place.folder))
    server = place.spawn("server", "pptpd", "-f", "-c", path)
    place.listening("server", "tcp", 1723, server)


def pptp(case):
    """A scripted client calls pptpd; enhanced GRE with the call ids of both goes both ways."""
    with conversations.ends_of(case.bed, 4, case.limit) as ends:
        near = ends.make("client")
        near.connect((ends.address("server"), 1723))
        conversations.pptp_tunnel(ends, near, None)


def scripted(name):
    """A conversation with both ends scripted, for what no program is packaged for."""
    def transfer(case):
        with conversations.ends_of(case.bed, case.family, case.limit) as ends:
            conversations.run(conversations.ALL[name][1], ends)
    return transfer


class Program:
    """helper: whose rules are in force; serve: starts the servers; cases: [(name, families, function, arguments...)]"""

    def __init__(self, helper, serve, needs, *cases, at_once=None):
        self.helper, self.serve, self.needs, self.at_once = helper, serve, needs, at_once
        self.cases = [(name, family, function, arguments) for name, families, function, *arguments in cases for family in families]

    def absent(self):
        return [p for p in self.needs if not shutil.which(p, path=os.environ["PATH"] + ":/usr/sbin")]


BOTH = (4, 6)
PROGRAMS = {
    "ftp": Program("ftp", serve_ftp, ("vsftpd", "curl", "lftp"),
                   *[("curl-%s-%s" % (how, what), (4,) if how in ("pasv", "port") else BOTH, curl, how, what)
                     for how in CURL for what in ("get", "put")],
                   *[("lftp-" + mode, BOTH, lftp, mode) for mode in ("passive", "active")]),
    "tftp": Program("tftp", serve_tftp, ("in.tftpd", "tftp"), *[("tftp-" + what, BOTH, tftp, what) for what in ("get", "put")]),
    "irc": Program("irc", serve_irc, ("ngircd",), *[("dcc-" + what, (4,), irc, what) for what in ("send", "chat")]),
    # A call at a time: the port of SIP is fixed.
    "sip": Program("sip", nothing, ("sipp",), *[("sipp-" + transport, BOTH, sipp, transport) for transport in ("udp", "tcp")],
                   ("scripted-called-speaks-first", BOTH, scripted("sip-call")), at_once=1),
    "sane": Program("sane", serve_sane, ("saned", "scanimage"), ("scanimage", BOTH, scanimage)),
    "snmp": Program("snmp", serve_snmp, ("snmpd", "snmpget"), ("snmpget-broadcast", (4,), snmpget)),
    "netbios-ns": Program("netbios-ns", serve_netbios, ("nmbd", "nmblookup"), ("nmblookup-broadcast", (4,), nmblookup)),
    "pptp": Program("pptp", serve_pptp, ("pptpd",), ("pptpd-call", (4,), pptp)),
    "amanda": Program("amanda", nothing, (), ("scripted-backup", BOTH, scripted("amanda-backup"))),
    "h323": Program("h323", nothing, (), ("scripted-call", BOTH, scripted("h323-call")),
                    ("scripted-gatekeeper", BOTH, scripted("h323-registered"))),
}
