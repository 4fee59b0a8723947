#!/usr/bin/env python3
"""The NFQUEUE door before a real kernel: a client, a router and a server in network namespaces of their own.

Needs root, network namespaces and iptables with its NFQUEUE target; skips, saying so, without them. The router hands packets
to test_queue_probe (see there), which judges them through <pinhole/queue.h>. Nothing is timed: what must arrive is waited
for; what must not is known to be lost because something sent after it has arrived, or from the kernel's counters.
"""
import hashlib
import os
import socket
import struct
import sys
import threading
import unittest

from queue_world import (ADDR, ALIASES, CLIENT, DEADLINE_S, FAMILY, IPTABLES, ROUTER, SERVER, Probe, alias, index_of, inside, ip,
                         is_empty, mac_of, make_world, received, remove_world, udp, udp_packet, within)


class QueueTest(unittest.TestCase):
    def setUp(self):
        self.ends = []
        for command in IPTABLES.values():
            for table in ("filter", "mangle"):
                inside(ROUTER, command, "-t", table, "-F")

    def tearDown(self):
        # None: a socket. Of a probe its exit status, which a sanitizer makes other than 0.
        self.assertEqual({end.close() for end in self.ends} - {None, 0}, set())

    def queue(self, *words, chain="FORWARD"):
        for command in IPTABLES.values():
            inside(ROUTER, command, "-A", chain, "-j", "NFQUEUE", *words)

    def probe(self, *options, **more):
        self.ends.append(probe := Probe(*options, **more))
        self.assertEqual(probe.first, "ready")
        return probe

    def pair(self, family=4, port=4000, source=None):
        """A client's socket that sends to a server's, through the router."""
        self.ends.append(server := udp(SERVER, family, bind=(ADDR[family][3], port)))
        self.ends.append(client := udp(CLIENT, family, bind=(source or ADDR[family][0], 0), connect=(ADDR[family][3], port)))
        return client, server

    def send(self, client, n, first=0):
        for i in range(first, first + n):
            client.send(b"%05d" % i)

    # --- single packets ---

    def one_each(self, family):
        self.queue("--queue-num", "0")
        probe = self.probe("0", "1")
        client, server = self.pair(family)
        for i in range(20):
            self.send(client, 1, i)
            packet = probe.fields("packet")
            length = 14 + (28 if family == 4 else 48) + 5
            want = {"queue": 0, "hook": 2, "family": family, "len": length, "wire": length, "vouched": 1, "gso": 0, "mark": 0,
                    "in": index_of(ROUTER, "c"), "out": index_of(ROUTER, "s"), "mac": mac_of(CLIENT, "r")}
            self.assertEqual(packet, want)
            self.assertEqual(received(server, 1), [b"%05d" % i])
        stats = probe.stats()
        self.assertEqual([stats[k] for k in ("packets", "accepted", "dropped", "cut", "malformed", "refused", "waiting")],
                         [20, 20, 0, 0, 0, 0, 0])

    def test_accept_each_packet_is_described_and_arrives(self):
        self.one_each(4)

    def test_accept_each_packet_of_ipv6_is_described_and_arrives(self):
        self.one_each(6)

    def test_drop_all_none_arrives(self):
        self.queue("--queue-num", "3")
        probe = self.probe("3", "1", "drop", "quiet")
        client, server = self.pair()
        self.send(client, 100)
        stats = probe.stats(lambda s: s["dropped"] == 100 and s["waiting"] == 0)
        self.assertEqual((stats["packets"], stats["accepted"], stats["refused"]), (100, 0, 0))
        self.assertTrue(is_empty(server))

    def test_drop_every_second_the_others_arrive_in_order(self):
        self.queue("--queue-num", "0")
        probe = self.probe("0", "1", "odd", "quiet", "stall")
        client, server = self.pair()
        self.send(client, 200)
        probe.tell("go")
        self.assertEqual(received(server, 100), [b"%05d" % i for i in range(0, 200, 2)])
        stats = probe.stats(lambda s: s["waiting"] == 0)
        self.assertEqual((stats["accepted"], stats["dropped"], stats["messages"], stats["refused"]), (100, 100, 200, 0))
        self.assertTrue(is_empty(server))

    def test_mark_given_is_on_the_packet(self):
        self.queue("--queue-num", "0")
        inside(ROUTER, "iptables-legacy", "-t", "mangle", "-A", "POSTROUTING", "-m", "mark", "--mark", "0x1234567")
        inside(ROUTER, "iptables-legacy", "-t", "mangle", "-A", "PREROUTING", "-j", "MARK", "--set-mark", "77")
        probe = self.probe("0", "1", "mark=0x1234567")
        client, server = self.pair()
        self.send(client, 30)
        received(server, 30)
        self.assertEqual({probe.fields("packet")["mark"] for _ in range(30)}, {77})
        listed = inside(ROUTER, "iptables-legacy", "-t", "mangle", "-nvxL", "POSTROUTING").splitlines()
        self.assertEqual(listed[2].split()[0], "30")

    def test_mark_not_given_stays(self):
        self.queue("--queue-num", "0")
        inside(ROUTER, "iptables-legacy", "-t", "mangle", "-A", "PREROUTING", "-j", "MARK", "--set-mark", "77")
        inside(ROUTER, "iptables-legacy", "-t", "mangle", "-A", "POSTROUTING", "-m", "mark", "--mark", "77")
        self.probe("0", "1", "quiet")
        client, server = self.pair()
        self.send(client, 30)
        received(server, 30)
        listed = inside(ROUTER, "iptables-legacy", "-t", "mangle", "-nvxL", "POSTROUTING").splitlines()
        self.assertEqual(listed[2].split()[0], "30")

    # --- runs and packets left waiting ---

    def test_run_of_accepted_packets_is_one_message_a_block(self):
        self.queue("--queue-num", "0")
        probe = self.probe("0", "1", "quiet", "stall")
        client, server = self.pair()
        self.send(client, 640)
        probe.stats(lambda s: s["waiting"] == 640)
        probe.tell("go")
        self.assertEqual(received(server, 640), [b"%05d" % i for i in range(640)])
        stats = probe.stats(lambda s: s["waiting"] == 0)
        self.assertEqual((stats["accepted"], stats["messages"], stats["refused"], stats["allocations"]), (640, 10, 0, 0))

    def left_waiting(self, batch):
        self.queue("--queue-num", "0")
        probe = self.probe("0", "1", "quiet", "stall", "hold=3", "batch=%d" % batch)
        client, server = self.pair()
        self.send(client, 40)
        probe.tell("go")
        self.assertEqual(received(server, 37), [b"%05d" % i for i in range(3, 40)])
        stats = probe.stats(lambda s: s["waiting"] == 3)
        self.assertTrue(is_empty(server))
        self.assertEqual((stats["accepted"], stats["messages"]), (37, 37))
        probe.tell("release")
        self.assertEqual(received(server, 3), [b"00002", b"00001", b"00000"])
        self.send(client, 10)
        received(server, 10)
        stats = probe.stats(lambda s: s["waiting"] == 0)
        self.assertEqual((stats["accepted"], stats["refused"]), (50, 0))

    def test_held_packets_stay_behind_while_later_ones_pass(self):
        self.left_waiting(64)

    def test_held_packets_of_earlier_receives_stay_behind_too(self):
        self.left_waiting(2)

    def test_run_after_the_last_release_is_one_message_again(self):
        self.queue("--queue-num", "0")
        probe = self.probe("0", "1", "hold=1", "quiet", "batch=64")
        client, server = self.pair()
        self.send(client, 1)
        probe.stats(lambda s: s["waiting"] == 1)
        probe.tell("release")
        self.assertEqual(received(server, 1), [b"00000"])
        probe.tell("stall")
        probe.stats()
        self.send(client, 64)
        probe.stats(lambda s: s["waiting"] == 64)
        probe.tell("go")
        received(server, 64)
        stats = probe.stats(lambda s: s["waiting"] == 0)
        self.assertEqual((stats["accepted"], stats["messages"]), (65, 2))

    def test_held_packet_whose_interface_went_down_is_refused_and_counted(self):
        self.queue("--queue-num", "0")
        probe = self.probe("0", "1", "hold=2", "quiet")
        ip(ROUTER, "link", "add", "d0", "type", "veth", "peer", "name", "d1")
        ip(ROUTER, "addr", "add", "10.7.9.1/24", "dev", "d0")
        ip(ROUTER, "link", "set", "d0", "up")
        try:
            with within(CLIENT):
                client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self.ends.append(client)
            client.sendto(b"1", ("10.7.9.2", 9))
            client.sendto(b"2", ("10.7.9.2", 9))
            probe.stats(lambda s: s["waiting"] == 2)
            ip(ROUTER, "link", "set", "d0", "down")
            probe.stats(lambda s: s["waiting"] == 0)
            probe.tell("release")
            probe.stats(lambda s: s["refused"] == 2)
        finally:
            ip(ROUTER, "link", "del", "d0")

    # --- what packets bring along ---

    def test_copy_range_shorter_packets_are_cut_and_counted(self):
        self.queue("--queue-num", "0")
        probe = self.probe("0", "1", "range=60")
        client, server = self.pair()
        for size in (32, 33, 1000):
            client.send(b"x" * size)
            packet = probe.fields("packet")
            self.assertEqual((packet["len"], packet["wire"]), (14 + min(28 + size, 60), 14 + 28 + size))
            self.assertEqual(len(received(server, 1)[0]), size)
        self.assertEqual(probe.stats()["cut"], 2)

    def test_output_socket_owner_is_known(self):
        self.queue("--queue-num", "0", chain="OUTPUT")
        probe = self.probe("0", "1")
        self.ends.append(server := udp(SERVER, 4, bind=(ADDR[4][3], 4000)))
        with within(ROUTER):
            os.setegid(2345)
            os.seteuid(1234)
            try:
                local = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            finally:
                os.seteuid(0)
                os.setegid(0)
        self.ends.append(local)
        local.sendto(b"mine", (ADDR[4][3], 4000))
        packet = probe.fields("packet")
        self.assertEqual(received(server, 1), [b"mine"])
        self.assertEqual([packet.get(k) for k in ("uid", "gid", "hook", "in", "vouched", "mac")], [1234, 2345, 3, 0, 1, None])
        self.assertEqual(packet["out"], index_of(ROUTER, "s"))

    def test_checksum_that_nobody_verified_is_not_vouched_for(self):
        """What comes from a packet socket has whatever checksum it has."""
        self.queue("--queue-num", "0")
        probe = self.probe("0", "1")
        self.ends.append(server := udp(SERVER, 4, bind=(ADDR[4][3], 4000)))
        with within(CLIENT):
            raw = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
            raw.bind(("r", 0))
        self.ends.append(raw)
        header = bytes.fromhex((mac_of(ROUTER, "c") + mac_of(CLIENT, "r")).replace(":", "")) + b"\x08\x00"
        packet = bytearray.fromhex(udp_packet(4, (ADDR[4][0], 5), (ADDR[4][3], 4000), b"from a card"))
        total = sum(struct.unpack(">10H", packet[:20]))
        total = (total & 0xffff) + (total >> 16)
        packet[10:12] = struct.pack(">H", 0xffff - ((total & 0xffff) + (total >> 16)))
        raw.send(header + packet)
        self.assertEqual(probe.fields("packet")["vouched"], 0)
        self.assertEqual(received(server, 1), [b"from a card"])

    # --- streams ---

    def transfer(self, family, size=8 << 20):
        """A TCP stream from client to server; the server's digest must be the client's."""
        data = bytes(range(251)) * (size // 251)
        with within(SERVER):
            listener = socket.socket(FAMILY[family], socket.SOCK_STREAM)
        with within(CLIENT):
            client = socket.socket(FAMILY[family], socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.settimeout(DEADLINE_S)
        client.settimeout(DEADLINE_S)
        listener.bind((ADDR[family][3], 5000))
        listener.listen()
        client.connect((ADDR[family][3], 5000))
        server = listener.accept()[0]
        server.settimeout(DEADLINE_S)
        writer = threading.Thread(target=lambda: (client.sendall(data), client.shutdown(socket.SHUT_WR)))
        writer.start()
        digest, n = hashlib.sha256(), 0
        while got := server.recv(1 << 20):
            digest.update(got)
            n += len(got)
        writer.join()
        for s in (server, client, listener):
            s.close()
        self.assertEqual((n, digest.hexdigest()), (len(data), hashlib.sha256(data).hexdigest()))
        return n

    def test_stream_of_gso_segments_arrives_whole(self):
        self.queue("--queue-num", "0")
        probe = self.probe("0", "1", "quiet")
        n = self.transfer(4) + self.transfer(6)
        stats = probe.stats()
        self.assertGreater(stats["gso"], 0)
        self.assertGreater(stats["bytes"], n)
        self.assertLess(stats["packets"], n // 1000)
        self.assertEqual((stats["cut"], stats["malformed"], stats["refused"], stats["overruns"]), (0, 0, 0, 0))

    def several(self, n):
        self.queue("--queue-balance", "%d:%d" % (10, 9 + n))
        probe = self.probe("10", str(n), "quiet")
        total = 0
        for i in range(2 * ALIASES):
            client, server = self.pair(4, 4100 + i, alias(i % ALIASES))
            self.send(client, 50)
            self.assertEqual(received(server, 50), [b"%05d" % i for i in range(50)])
            total += 50
            for _ in range(2):
                self.ends.pop().close()
        stats = probe.stats(lambda s: s["waiting"] == 0)
        used = [stats["queue%d" % i] for i in range(n)]
        self.assertEqual((stats["packets"], stats["accepted"], sum(used), stats["refused"]), (total, total, total, 0))
        self.assertEqual(stats["allocations"], 0)
        self.assertGreater(sum(u > 0 for u in used), 1)
        self.transfer(4)
        self.transfer(6)
        stats = probe.stats()
        self.assertEqual((stats["packets"] - stats["accepted"], stats["malformed"], stats["refused"]), (0, 0, 0))
        self.ends.remove(probe)
        self.assertEqual(probe.close(), 0)

    def test_two_queues_flows_keep_their_order(self):
        self.several(2)

    def test_four_queues_flows_keep_their_order(self):
        self.several(4)

    def test_two_queues_held_packets_stay_behind(self):
        self.queue("--queue-balance", "0:1")
        probe = self.probe("0", "2", "hold=5", "quiet")
        pairs = [self.pair(4, 4200 + i, alias(i)) for i in range(8)]
        for client, _ in pairs:
            self.send(client, 1)
        probe.stats(lambda s: s["packets"] == 8 and s["waiting"] == 5)
        probe.tell("release")
        for _, server in pairs:
            received(server, 1)
        stats = probe.stats(lambda s: s["waiting"] == 0)
        self.assertEqual((stats["accepted"], stats["refused"]), (8, 0))

    # --- too much, nobody, somebody else ---

    def test_full_queue_closed_drops_the_rest(self):
        self.queue("--queue-num", "0")
        probe = self.probe("0", "1", "quiet", "stall", "len=10")
        client, server = self.pair()
        self.send(client, 30)
        stats = probe.stats(lambda s: s["kernel_dropped"] == 20)
        self.assertEqual((stats["waiting"], stats["packets"]), (10, 0))
        probe.tell("go")
        self.assertEqual(received(server, 10), [b"%05d" % i for i in range(10)])
        self.assertTrue(is_empty(server))

    def test_full_queue_open_lets_the_rest_pass(self):
        self.queue("--queue-num", "0")
        probe = self.probe("0", "1", "quiet", "stall", "len=10", "open")
        client, server = self.pair()
        self.send(client, 30)
        self.assertEqual(received(server, 20), [b"%05d" % i for i in range(10, 30)])
        probe.tell("go")
        self.assertEqual(received(server, 10), [b"%05d" % i for i in range(10)])
        self.assertEqual(probe.stats()["kernel_dropped"], 0)

    def overrun(self, *options):
        self.queue("--queue-num", "0")
        probe = self.probe("0", "1", "quiet", "stall", "bytes=8192", *options)
        client, server = self.pair()
        self.send(client, 500)
        return probe, client, server

    def test_full_socket_closed_drops_are_counted_and_reading_goes_on(self):
        probe, client, server = self.overrun()
        stats = probe.stats(lambda s: s["user_dropped"] + s["waiting"] == 500)
        self.assertGreater(stats["user_dropped"], 0)
        probe.tell("go")
        received(server, stats["waiting"])
        self.assertTrue(is_empty(server))
        after = probe.stats(lambda s: s["waiting"] == 0)
        self.assertGreaterEqual(after["overruns"], 1)
        self.assertEqual((after["accepted"], after["malformed"]), (stats["waiting"], 0))
        self.send(client, 1, 7)
        self.assertEqual(received(server, 1), [b"00007"])

    def test_full_socket_open_lets_the_rest_pass(self):
        probe, _, server = self.overrun("open")
        passed = 0
        while passed + (waiting := probe.stats()["waiting"]) < 500:
            if not is_empty(server):
                passed += len(received(server, 1))
        self.assertGreater(passed, 0)
        probe.tell("go")
        received(server, waiting)
        stats = probe.stats(lambda s: s["waiting"] == 0)
        self.assertEqual((stats["user_dropped"], stats["accepted"]), (0, waiting))

    def test_nobody_listens_without_bypass_all_is_dropped(self):
        self.queue("--queue-num", "0")
        inside(ROUTER, "iptables-legacy", "-I", "FORWARD", "-p", "udp", "--dport", "4001", "-j", "ACCEPT")
        client, server = self.pair()
        after, beside = self.pair(port=4001)
        self.send(client, 10)
        self.send(after, 1)
        received(beside, 1)
        self.assertTrue(is_empty(server))

    def test_nobody_listens_with_bypass_all_passes(self):
        self.queue("--queue-num", "0", "--queue-bypass")
        client, server = self.pair()
        self.send(client, 10)
        self.assertEqual(len(received(server, 10)), 10)

    def test_closed_with_packets_waiting_they_are_dropped(self):
        self.queue("--queue-num", "0", "--queue-bypass")
        probe = self.probe("0", "1", "stall", "quiet")
        client, server = self.pair()
        self.send(client, 10)
        probe.stats(lambda s: s["waiting"] == 10)
        self.ends.remove(probe)
        self.assertEqual(probe.close(), 0)
        self.send(client, 1, 99)
        self.assertEqual(received(server, 1), [b"00099"])

    def test_queue_of_another_program_is_refused_saying_so(self):
        self.probe("5", "1")
        for first, n in (("5", "1"), ("4", "3")):
            second = Probe(first, n)
            self.assertIn("queue 5 is taken", second.first)
            self.assertEqual(second.close(), 1)
        self.probe("6", "1")

    def test_open_without_the_right_is_refused_saying_so(self):
        probe = Probe("7", "1", user=65534)
        self.assertIn("run as root or with CAP_NET_ADMIN", probe.first)
        self.assertEqual(probe.close(), 1)

    # --- answers ---

    def answer(self, family, source, to, ifindex=0):
        probe = self.probe("9", "1")
        probe.tell("send %s %d" % (udp_packet(family, source, to, b"answer"), ifindex))
        self.assertEqual(probe.line(), "sent 1")

    def test_answer_arrives_from_whatever_address_it_names(self):
        for family in (4, 6):
            self.ends.append(server := udp(SERVER, family, bind=(ADDR[family][3], 4000)))
            source = ("192.0.2.77" if family == 4 else "2001:db8:77::1", 53)
            self.answer(family, source, (ADDR[family][3], 4000))
            text, peer = server.recvfrom(100)
            self.assertEqual((text, peer[:2]), (b"answer", source))
            for _ in range(2):
                self.ends.pop().close()

    def test_answer_to_a_link_local_address_leaves_by_its_interface(self):
        address = inside(SERVER, "ip", "-br", "-6", "addr", "show", "dev", "r", "scope", "link").split()[2].split("/")[0]
        self.ends.append(server := udp(SERVER, 6, bind=("::", 4000)))
        self.answer(6, ("fe80::77", 53), (address, 4000), index_of(ROUTER, "s"))
        text, peer = server.recvfrom(100)
        self.assertEqual((text, peer[1]), (b"answer", 53))

    def test_answer_that_is_no_packet_is_refused(self):
        probe = self.probe("9", "1")
        for text in ("45", "00" * 40, "60" + "00" * 38, "45" + "00" * 18):
            probe.tell("send %s 0" % text)
            self.assertEqual(probe.line(), "sent 0")


def main():
    if os.geteuid() != 0:
        print("needs root and network namespaces\n0 passed, 0 failed, 1 skipped")
        return 0
    try:
        if not make_world():
            print("no network namespace, or no NFQUEUE target, can be had here\n0 passed, 0 failed, 1 skipped")
            return 0
        done = unittest.TextTestRunner(stream=sys.stdout).run(unittest.defaultTestLoader.loadTestsFromTestCase(QueueTest))
    finally:
        remove_world()
    bad = len(done.failures) + len(done.errors)
    print("%d passed, %d failed" % (done.testsRun - bad, bad))
    return 1 if bad else 0


sys.exit(main())
