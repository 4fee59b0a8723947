%4
*filter
:FORWARD
-p icmpv6 --icmpv6-type 128;=;FAIL
%6
*filter
:FORWARD
-p icmpv6 --icmpv6-type 128;-p ipv6-icmp -m icmp6 --icmpv6-type 128;OK
-p icmp --icmpv6-type 128;=;FAIL
-p icmpv6 --icmpv6-type echo-request;-p ipv6-icmp -m icmp6 --icmpv6-type 128;OK
-p ipv6-icmp -m icmpv6 --icmpv6-type ping;-p ipv6-icmp -m icmp6 --icmpv6-type 128;OK
-p ipv6-icmp -m icmp6 --icmpv6-type 135/0;=;OK
-p ipv6-icmp --icmpv6-type neighbor-solicitation;-p ipv6-icmp -m icmp6 --icmpv6-type 135;OK
-p ipv6-icmp --icmpv6-type neighbour-solicitation;-p ipv6-icmp -m icmp6 --icmpv6-type 135;OK
-p ipv6-icmp --icmpv6-type mld-listener-query;-p ipv6-icmp -m icmp6 --icmpv6-type 130;OK;1.8.9=FAIL
-p ipv6-icmp --icmpv6-type any;=;FAIL
-p ipv6-icmp --icmpv6-type 255;-p ipv6-icmp -m icmp6 --icmpv6-type 255;OK
-p ipv6-icmp -m icmp6;=;FAIL
-p ipv6-icmp --icmpv6-type no-route;-p ipv6-icmp -m icmp6 --icmpv6-type 1/0;OK
-p ipv6-icmp --icmpv6-type beyond-scope;-p ipv6-icmp -m icmp6 --icmpv6-type 1/2;OK
-p ipv6-icmp --icmpv6-type failed-policy;-p ipv6-icmp -m icmp6 --icmpv6-type 1/5;OK
-p ipv6-icmp --icmpv6-type reject-route;-p ipv6-icmp -m icmp6 --icmpv6-type 1/6;OK
-p ipv6-icmp --icmpv6-type address-unreachable;-p ipv6-icmp -m icmp6 --icmpv6-type 1/3;OK
-p ipv6-icmp --icmpv6-type packet-too-big;-p ipv6-icmp -m icmp6 --icmpv6-type 2;OK
-p ipv6-icmp --icmpv6-type bad-header;-p ipv6-icmp -m icmp6 --icmpv6-type 4/0;OK
-p ipv6-icmp --icmpv6-type unknown-header-type;-p ipv6-icmp -m icmp6 --icmpv6-type 4/1;OK
-p ipv6-icmp --icmpv6-type router-advertisement;-p ipv6-icmp -m icmp6 --icmpv6-type 134;OK
-p ipv6-icmp --icmpv6-type redirect;-p ipv6-icmp -m icmp6 --icmpv6-type 137;OK
-p ipv6-icmp --icmpv6-type echo;=;FAIL
-p ipv6-icmp ! --icmpv6-type 1/4;-p ipv6-icmp -m icmp6 ! --icmpv6-type 1/4;OK
%6
*filter
:FORWARD
-p icmpv6 --icmpv6-type echo-request;-p ipv6-icmp -m icmp6 --icmpv6-type 128;OK
-p ipv6-icmp --icmpv6-type 128;-p ipv6-icmp -m icmp6 --icmpv6-type 128;OK
-p icmpv6 --icmpv6-type 1/0;-p ipv6-icmp -m icmp6 --icmpv6-type 1/0;OK
-p icmpv6 --icmpv6-type 2/300;=;FAIL
-p icmpv6 --icmpv6-type neighbour-solicitation;-p ipv6-icmp -m icmp6 --icmpv6-type 135;OK
-p icmpv6 --icmpv6-type neighbor-advertisement;-p ipv6-icmp -m icmp6 --icmpv6-type 136;OK
-p icmpv6 --icmpv6-type router;=;FAIL
-p icmpv6 --icmpv6-type redirect;-p ipv6-icmp -m icmp6 --icmpv6-type 137;OK
-p icmpv6 --icmpv6-type address-unreachable;-p ipv6-icmp -m icmp6 --icmpv6-type 1/3;OK
-p icmpv6 --icmpv6-type any;=;FAIL
-p icmpv6 ! --icmpv6-type packet-too-big;-p ipv6-icmp -m icmp6 ! --icmpv6-type 2;OK
-p icmpv6 -m icmp6;=;FAIL
-p icmpv6 --icmp-type 8;=;FAIL
-p icmpv6 -m icmpv6 --icmpv6-type 128;-p ipv6-icmp -m icmp6 --icmpv6-type 128;OK
-m icmp6 --icmpv6-type 128;=;FAIL
-p 58 --icmpv6-type beyond-scope;-p ipv6-icmp -m icmp6 --icmpv6-type 1/2;OK
