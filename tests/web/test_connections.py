"""Which connections go first when a web process has nearly all it may have."""

from __future__ import annotations

from service_portal.web.connections import (
    Connection,
    Request,
    find_requests,
    slowest_first,
)


def connections(number: int, address: str = "192.0.2.1", **about: float) -> list[Connection]:
    """Make so many connections of an address; what `about` does not say is new and unmeasured."""
    return [
        Connection(
            handle=hash((address, one)),
            peer=(address, one),
            heard_at=about.get("heard_at", 100.0),
            age=about.get("age", 0.0),
            rate=about.get("rate"),
            is_standing=False,
        )
        for one in range(number)
    ]


def test_what_stands_goes_before_what_moves() -> None:
    moving = connections(3, "192.0.2.1", rate=9000.0)
    standing = connections(1, "192.0.2.2", rate=0.0)
    assert slowest_first([*moving, *standing])[:1] == standing


def test_whoever_has_most_connections_loses_them_first() -> None:
    one = connections(1, "192.0.2.1", age=2.0)
    many = connections(9, "192.0.2.2")
    assert one[0] not in slowest_first([*one, *many])[:8]


def test_a_network_of_ipv6_counts_as_one() -> None:
    network = [connections(1, f"2001:db8::{one:x}")[0] for one in range(20)]
    others = [connections(1, f"2001:db8:{one:x}::1", age=2.0)[0] for one in range(1, 20)]
    first = slowest_first([*others, *network])[:19]
    assert {found.peer[0] for found in first} < {found.peer[0] for found in network}


def test_a_download_outstays_what_is_new_and_what_stands() -> None:
    download = connections(1, "192.0.2.1", rate=100_000.0, age=60.0)
    new = [connections(1, f"198.51.100.{one}")[0] for one in range(50)]
    standing = [connections(1, f"203.0.113.{one}", rate=0.0)[0] for one in range(50)]
    assert slowest_first([*download, *standing, *new])[-1:] == download


def test_a_request_that_is_worked_on_goes_last() -> None:
    report = connections(1, "192.0.2.1", rate=0.0, age=30.0)
    find_requests(report, [Request("192.0.2.1", since=130.0, is_worked_on=True)])
    others = [connections(1, f"198.51.100.{one}", rate=90_000.0)[0] for one in range(50)]
    assert slowest_first([*report, *others])[-1:] == report


def test_a_request_that_waits_for_its_turn_does_not_stand() -> None:
    waiting, standing = connections(1, rate=0.0, age=9.0), connections(1, "192.0.2.2", rate=0.0)
    many = connections(3, "192.0.2.3")
    find_requests(waiting, [Request("192.0.2.1", since=100.0)])
    assert waiting[0] not in slowest_first([*waiting, *standing, *many])[:3]


def test_a_request_came_over_the_connection_that_was_heard_last_before_it() -> None:
    before, right = connections(1, heard_at=99.0)[0], connections(2, heard_at=99.99)[1]
    after, other = connections(3, heard_at=101.0)[2], connections(1, "192.0.2.9")[0]
    find_requests([right, before, other, after], [Request("192.0.2.1", since=100.0)])
    assert [one for one in (before, right, after, other) if one.request] == [right]


def test_two_requests_came_over_two_connections() -> None:
    found = [connections(one + 1, heard_at=float(one))[one] for one in range(4)]
    find_requests(found, [Request("192.0.2.1", since=3.0), Request("192.0.2.1", since=2.9)])
    assert [one for one in found if one.request] == found[2:]
