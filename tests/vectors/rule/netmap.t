%4
*nat
:PREROUTING
-j NETMAP --to 1.2.3.0/24;=;OK
-j NETMAP --to 1.2.3.4;-j NETMAP --to 1.2.3.4/32;OK
-j NETMAP --to 1.2.3.4/32;=;OK
-j NETMAP --to 1.2.3.4/24;-j NETMAP --to 1.2.3.0/24;OK
-j NETMAP --to 1.2.3.4/255.255.255.0;-j NETMAP --to 1.2.3.0/24;OK
-j NETMAP --to 1.2.3.4/255.0.255.0;-j NETMAP --to 1.2.3.4/32;OK
-j NETMAP --to 1.2.3.0/0;-j NETMAP --to 0.0.0.0/0;OK
-j NETMAP --to 1.2.3.4/128.0.0.0;-j NETMAP --to 0.0.0.0/1;OK
-j NETMAP --to 1.2.3.4/;=;FAIL
-j NETMAP --to 1.2.3.4/x;=;FAIL
-j NETMAP --to 256.1.1.1/8;=;FAIL
-j NETMAP --to foo;=;FAIL
-j NETMAP ! --to 1.2.3.4;=;FAIL
-j NETMAP;=;FAIL
:INPUT
-j NETMAP --to 1.2.3.0/24;=;OK
:OUTPUT
-j NETMAP --to 1.2.3.0/24;=;OK
:POSTROUTING
-j NETMAP --to 1.2.3.0/24;=;OK
*mangle
:PREROUTING
-j NETMAP --to 1.2.3.0/24;=;FAIL
%6
*nat
:PREROUTING
-j NETMAP --to dead::/64;=;OK
-j NETMAP --to dead::beef;-j NETMAP --to dead::beef/128;OK
-j NETMAP --to dead::beef/64;-j NETMAP --to dead::/64;OK
-j NETMAP --to dead::beef/ffff::;-j NETMAP --to dead::/16;OK
-j NETMAP --to dead::beef/ffff:0:ffff::;-j NETMAP --to dead::beef/128;OK
-j NETMAP --to ::/0;=;OK
-j NETMAP --to 2001:db8::/129;=;FAIL
-j NETMAP --to 1.2.3.4;=;FAIL
:POSTROUTING
-j NETMAP --to dead::/64;=;OK
