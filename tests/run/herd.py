"""Many TCP connections through the router at the same time, each of which sends and gets back what it sent, over and over. One thread
serves both ends of all of them."""
import contextlib
import hashlib
import resource
import select
import socket
import threading

import bed
from bed import Broken

CHUNK = 1400


class Herd:
    """n connections of the client to the server's port. Counts rounds: a chunk sent and back again, unchanged."""

    def __init__(self, place, n, port, family=4):
        self.bed, self.n, self.family = place, n, family
        room = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(room[1], max(room[0], 2 * n + 1000)), room[1]))
        self.listener, _ = place.listen("server", family, port)
        self.listener.setblocking(False)
        self.listener.listen(n)
        self.at = (bed.address("server", family), port)
        self.sockets, self.role = {}, {}
        self.rounds, self.want, self.got = [0] * n, [b""] * n, [b""] * n
        self.sent, self.received, self.echoed = [0] * n, [0] * n, 0
        self.wrong, self.ended = [], set()
        self.stopping = self.broken_off = False
        self.epoll = select.epoll()
        self.thread = threading.Thread(target=self.work, daemon=True)

    def __enter__(self):
        self.watch(self.listener, None)
        for i in range(self.n):
            sock = self.bed.socket("client", bed.family_of(self.family))
            sock.setblocking(False)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with contextlib.suppress(BlockingIOError):
                sock.connect(self.at)
            self.watch(sock, i, select.EPOLLOUT)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.broken_off = True
        self.thread.join()
        for sock in self.sockets.values():
            sock.close()
        self.epoll.close()

    def watch(self, sock, role, events=select.EPOLLIN):
        self.sockets[sock.fileno()], self.role[sock.fileno()] = sock, role
        self.epoll.register(sock.fileno(), events)

    # --- the thread ---

    def work(self):
        while not self.broken_off and len(self.ended) < self.n:
            for number, _ in self.epoll.poll(0.05):
                sock = self.sockets[number]
                try:
                    self.serve(number, sock, self.role[number])
                except OSError as error:
                    self.wrong.append("%s: %s" % (self.role[number], error))
                    self.forget(number)
                    if isinstance(self.role[number], int):
                        self.ended.add(self.role[number])

    def serve(self, number, sock, role):
        if role is None:
            with contextlib.suppress(BlockingIOError):
                while True:
                    made, _ = sock.accept()
                    made.setblocking(False)
                    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    self.watch(made, "server")
        elif role == "server":
            data = sock.recv(65536)
            if data and sock.send(data) != len(data):
                raise OSError("the echo did not fit")
            self.echoed += len(data)
            if not data:
                self.forget(number)
        elif not self.want[role]:
            failure = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if failure:
                raise OSError(failure, "no connection")
            self.epoll.modify(number, select.EPOLLIN)
            self.next_round(sock, role)
        else:
            self.answer(number, sock, role)

    def answer(self, number, sock, i):
        data = sock.recv(65536)
        if not data:
            if not self.stopping or self.got[i]:
                raise OSError("closed too early")
            self.ended.add(i)
            self.forget(number)
            return
        self.received[i] += len(data)
        self.got[i] += data
        if len(self.got[i]) < CHUNK:
            return
        if self.got[i] != self.want[i]:
            raise OSError("something else came back")
        self.got[i] = b""
        self.rounds[i] += 1
        if self.stopping:
            sock.shutdown(socket.SHUT_WR)
        else:
            self.next_round(sock, i)

    def next_round(self, sock, i):
        seed = hashlib.md5(b"%d %d" % (i, self.rounds[i])).digest()
        self.want[i] = (seed * (CHUNK // len(seed) + 1))[:CHUNK]
        if sock.send(self.want[i]) != CHUNK:
            raise OSError("a chunk did not fit")
        self.sent[i] += CHUNK

    def forget(self, number):
        self.epoll.unregister(number)
        self.sockets.pop(number).close()

    # --- for the test ---

    def advance(self, k, seconds=60):
        """Waits until every connection has done k more rounds."""
        goal = [done + k for done in self.rounds]

        def look():
            if self.wrong:
                raise Broken("%d connections ended: %s" % (len(self.wrong), self.wrong[0]))
            return all(done >= wanted for done, wanted in zip(self.rounds, goal))
        bed.until("%d more rounds of %d connections" % (k, self.n), look, seconds)

    def total(self):
        return sum(self.rounds)

    def finish(self, seconds=60):
        """Ends all in order. Returns the bytes sent; Broken unless each got back what it sent."""
        self.stopping = True
        bed.until("the end of %d connections" % self.n, lambda: len(self.ended) == self.n, seconds)
        if self.wrong:
            raise Broken("%d connections ended: %s" % (len(self.wrong), self.wrong[0]))
        if self.sent != self.received or self.echoed != sum(self.sent) or any(sent != CHUNK * n for sent, n in zip(self.sent, self.rounds)):
            raise Broken("bytes are missing: %d sent, %d echoed, %d received" % (sum(self.sent), self.echoed, sum(self.received)))
        return sum(self.sent)
