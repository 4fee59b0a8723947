%4
*filter
:FORWARD
-p icmp --icmp-type 8;-p icmp -m icmp --icmp-type 8;OK
-p icmp --icmp-type echo-request;-p icmp -m icmp --icmp-type 8;OK
-p icmp --icmp-type ping;-p icmp -m icmp --icmp-type 8;OK
-p icmp --icmp-type echo;=;FAIL
-p icmp --icmp-type any;-p icmp -m icmp --icmp-type any;OK
-p icmp --icmp-type 255;-p icmp -m icmp --icmp-type any;OK
-p icmp --icmp-type 255/255;-p icmp -m icmp --icmp-type 255/255;OK;1.8.9=-p icmp -m icmp --icmp-type any
-p icmp --icmp-type 3/1;-p icmp -m icmp --icmp-type 3/1;OK
-p icmp --icmp-type host-unr;-p icmp -m icmp --icmp-type 3/1;OK
-p icmp --icmp-type host-unreachable;-p icmp -m icmp --icmp-type 3/1;OK
-p icmp --icmp-type Host-Unreachable;-p icmp -m icmp --icmp-type 3/1;OK
-p icmp --icmp-type fragmentation-needed;-p icmp -m icmp --icmp-type 3/4;OK
-p icmp ! --icmp-type 8;-p icmp -m icmp ! --icmp-type 8;OK
-p icmp -m icmp;=;FAIL
-p icmp --icmp-type 3/256;=;FAIL
-p icmp --icmp-type 256;=;FAIL
-p icmp --icmp-type 8/;=;FAIL
-p icmp --icmp-type redirect;-p icmp -m icmp --icmp-type 5;OK
-p icmp --icmp-type TOS-network-redirect;-p icmp -m icmp --icmp-type 5/2;OK
-p icmp --icmp-type ttl-exceeded;-p icmp -m icmp --icmp-type 11;OK
-p icmp --icmp-type xx;=;FAIL
-p icmp --icmp-type destination-unreachable;-p icmp -m icmp --icmp-type 3;OK
-p icmp --icmp-type source-quench;-p icmp -m icmp --icmp-type 4;OK
-p icmp --icmp-type parameter-problem;-p icmp -m icmp --icmp-type 12;OK
-p icmp --icmp-type timestamp-request;-p icmp -m icmp --icmp-type 13;OK
-p icmp --icmp-type required-option-missing;-p icmp -m icmp --icmp-type 12/1;OK
-p icmp --icmp-type pong;-p icmp -m icmp --icmp-type 0;OK
-p icmp --icmp-type precedence-cutoff;-p icmp -m icmp --icmp-type 3/15;OK
%6
*filter
:FORWARD
-p ipv6-icmp -m icmp --icmp-type 8;=;FAIL
%4
*filter
:FORWARD
-p icmp --icmp-type 8/0;-p icmp -m icmp --icmp-type 8/0;OK
-p icmp --icmp-type 300;=;FAIL
-p icmp --icmp-type 3/300;=;FAIL
-p icmp --icmp-type 3/;=;FAIL
-p icmp --icmp-type /3;=;FAIL
-p icmp --icmp-type ANY;-p icmp -m icmp --icmp-type any;OK
-p icmp --icmp-type echo-req;-p icmp -m icmp --icmp-type 8;OK
-p icmp --icmp-type ECHO-REQUEST;-p icmp -m icmp --icmp-type 8;OK
-p icmp ! --icmp-type echo-reply;-p icmp -m icmp ! --icmp-type 0;OK
-p icmp --icmp-type network-redirect;-p icmp -m icmp --icmp-type 5/0;OK
-p icmp --icmp-type tos-host-redirect;-p icmp -m icmp --icmp-type 5/3;OK
-p icmp --icmp-type ttl;=;FAIL
-p icmp --icmp-type x;=;FAIL
-p icmp --icmp-type "";=;FAIL
-p icmp;=;OK
-m icmp --icmp-type 8;=;FAIL
-p icmp --icmp-type 8 --icmp-type 9;=;FAIL
-p icmp --icmp-type 0x8;-p icmp -m icmp --icmp-type 8;OK
-p icmp --icmp-type 8:9;=;FAIL
%6
*filter
:FORWARD
-p icmp --icmp-type 8;=;FAIL
