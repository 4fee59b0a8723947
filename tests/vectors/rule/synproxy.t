%4
*filter
:INPUT
-p tcp -j SYNPROXY;=;OK
-p tcp -m tcp --syn -j SYNPROXY;-p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN -j SYNPROXY;OK
-p tcp -m conntrack --ctstate INVALID,UNTRACKED -j SYNPROXY --sack-perm --timestamp --wscale 7 --mss 1460;=;OK
-p tcp -j SYNPROXY --sack-perm --timestamp --wscale 7 --mss 1460 --ecn;=;OK
-p tcp -j SYNPROXY --wscale 15;=;OK
-p tcp -j SYNPROXY --wscale 14;=;OK
-j SYNPROXY;=;FAIL
-p udp -j SYNPROXY;=;FAIL
:FORWARD
-p tcp -j SYNPROXY;=;OK
:OUTPUT
-p tcp -j SYNPROXY;=;FAIL
*raw
:PREROUTING
-p tcp -j SYNPROXY;=;FAIL
*filter
:INPUT
-p tcp -j SYNPROXY --mss x;=;FAIL
-p tcp -j SYNPROXY --mss 0x10;-p tcp -j SYNPROXY --mss 16;OK
-p tcp -j SYNPROXY --wscale 0;=;OK
-p tcp -j SYNPROXY --wscale -1;=;FAIL
-p tcp -j SYNPROXY --mss 0;=;OK
-p tcp -j SYNPROXY --ecn --mss 1 --wscale 2 --timestamp --sack-perm;-p tcp -j SYNPROXY --sack-perm --timestamp --wscale 2 --mss 1 --ecn;OK
! -p tcp -j SYNPROXY;=;FAIL
-p tcp -j SYNPROXY --ecn --ecn;=;FAIL
*mangle
:INPUT
-p tcp -j SYNPROXY;=;OK
:FORWARD
-p tcp -j SYNPROXY;=;OK
*security
:INPUT
-p tcp -j SYNPROXY;=;OK
%6
*mangle
:PREROUTING
-p tcp -j SYNPROXY;=;FAIL
*filter
:INPUT
-p tcp -j SYNPROXY --wscale 3;=;OK
