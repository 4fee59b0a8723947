"""How long expectations have left, of kernel and pinhole: neither tells when a helper changes it.

After a batch of talks the kernel is asked for all it expects. pinhole replays the batch once more, followed by packets of nobody at
the seconds around each lifetime that the kernel told: its expectations must end between those.
"""
import collections
import time

from wire import flat, udp

LONGEST = 1 << 31       # seconds; capture files have 32 bits for the time
Left = collections.namedtuple("Left", "flags class_ helper timeout")
Ended = collections.namedtuple("Ended", "flags class_ helper after until cause")


def kernel_left(asked):
    """{(tuple, master): Left} of everything that the kernel expects."""
    return {(flat(x.tuple), flat(x.master)): Left(x.flags, x.class_, x.helper, x.timeout) for x in asked.asked.expectations()}


def ticks(left, slack):
    """Seconds after the last packet."""
    around = {max(1, t + d) for t in {row.timeout for row in left.values()} for d in (-slack, slack)}
    return sorted(t for t in around if t < LONGEST)


def ended(records, n_sent, seconds):
    """{(tuple, master): Ended} of what pinhole still expected when the batch was over."""
    out = {}
    for record in records:
        if record.get("event") != "expect_destroy" or record["n"] <= n_sent:
            continue
        at = record["n"] - n_sent - 1
        out[flat(record["tuple"]), flat(record["master"])] = Ended(
            record["flags"], record["class"], record["helper"], seconds[at - 1] if at else 0, seconds[at], record["cause"])
    return out


def agree(row, end, slack):
    """Where the master ends before, no more is known than that it was not over."""
    if row[:3] != end[:3]:
        return False
    return end.cause != "expired" or (end.after < row.timeout + slack and end.until > row.timeout - slack)


def differing(asked, replayed):
    """[text, ...]. replayed: gives the records of packets with times, [(seconds, packet), ...], after those of the batch."""
    left = kernel_left(asked)
    slack = 4 + int(time.monotonic() - asked.began) + len(asked.sent) // 1000
    left = {key: row for key, row in left.items() if row.timeout > 2 * slack}
    seconds = ticks(left, slack)
    packets = [(s, udp("10.77.1.2", 9, "10.77.2.3", 9, b"tick")) for s in seconds]
    found = ended(replayed(packets), len(asked.sent), seconds)
    out = []
    for key, row in left.items():
        if row.timeout + slack < LONGEST and (key not in found or not agree(row, found[key], slack)):
            out.append("%s\n    kernel %s\n    here   %s" % (key, row, found.get(key)))
    return out + ["%s\n    kernel nothing\n    here   %s" % (key, end) for key, end in found.items()
                  if key not in left and end.after > 2 * slack]
