%4
*filter
:FORWARD
-m addrtype;=;FAIL
-m addrtype --src-type wrong;=;FAIL
-m addrtype --src-type UNSPEC;=;OK
-m addrtype --dst-type UNSPEC;=;OK
-m addrtype --src-type LOCAL --dst-type LOCAL;=;OK
-m addrtype --dst-type UNSPEC --src-type UNSPEC;-m addrtype --src-type UNSPEC --dst-type UNSPEC;OK
-m addrtype ! --src-type UNICAST;=;OK
-m addrtype ! --dst-type BROADCAST ! --src-type MULTICAST;-m addrtype ! --src-type MULTICAST ! --dst-type BROADCAST;OK
-m addrtype --src-type local;-m addrtype --src-type LOCAL;OK
-m addrtype --src-type LOC;-m addrtype --src-type LOCAL;OK
-m addrtype --src-type LOCAL,BROADCAST,UNICAST;-m addrtype --src-type UNICAST,LOCAL,BROADCAST;OK
-m addrtype --src-type LOCAL,LOCAL;-m addrtype --src-type LOCAL;OK
-m addrtype --src-type LOCAL,;=;FAIL
-m addrtype --src-type "";=;FAIL
-m addrtype --src-type UNSPEC,UNICAST,LOCAL,BROADCAST,ANYCAST,MULTICAST,BLACKHOLE,UNREACHABLE,PROHIBIT,THROW,NAT,XRESOLVE;=;OK
-m addrtype --src-type LOCAL --src-type UNICAST;=;FAIL
-m addrtype --limit-iface-in;=;FAIL
-m addrtype --dst-type LOCAL --limit-iface-in;=;OK
-m addrtype --dst-type LOCAL --limit-iface-out;=;OK
-m addrtype --dst-type LOCAL ! --limit-iface-out;=;FAIL
-m addrtype --dst-type LOCAL --limit-iface-in --limit-iface-out;=;FAIL
-m addrtype --limit-iface-out --src-type LOCAL ! --dst-type UNICAST;-m addrtype --src-type LOCAL ! --dst-type UNICAST --limit-iface-out;OK
:INPUT
-m addrtype --dst-type LOCAL --limit-iface-in;=;OK
-m addrtype --dst-type LOCAL --limit-iface-out;=;FAIL
:OUTPUT
-m addrtype --dst-type LOCAL --limit-iface-in;=;FAIL
-m addrtype --dst-type LOCAL --limit-iface-out;=;OK
%6
:FORWARD
-m addrtype --src-type LOCAL;=;OK
-m addrtype --src-type BROADCAST;=;FAIL
-m addrtype --src-type MULTICAST;=;OK
-m addrtype --src-type ANYCAST;=;OK
-m addrtype --dst-type BLACKHOLE;=;FAIL
-m addrtype --dst-type PROHIBIT;=;FAIL
-m addrtype --dst-type UNREACHABLE;=;OK
-m addrtype --dst-type UNREACHABLE,UNICAST;-m addrtype --dst-type UNICAST,UNREACHABLE;OK
-m addrtype --dst-type NAT;=;FAIL
-m addrtype --dst-type THROW;=;FAIL
-m addrtype --dst-type XRESOLVE;=;FAIL
-m addrtype --dst-type LOCAL --limit-iface-in;=;OK
-m addrtype --dst-type UNSPEC;=;OK
%4
-m addrtype --src-type U;-m addrtype --src-type UNSPEC;OK
-m addrtype --src-type UN;-m addrtype --src-type UNSPEC;OK
-m addrtype --src-type M;-m addrtype --src-type MULTICAST;OK
-m addrtype --src-type X;-m addrtype --src-type XRESOLVE;OK
-m addrtype --src-type T;-m addrtype --src-type THROW;OK
-m addrtype --src-type N;-m addrtype --src-type NAT;OK
