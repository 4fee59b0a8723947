%4
*filter
:FORWARD
-m pkttype;=;FAIL
-m pkttype --pkt-type unicast;=;OK
-m pkttype --pkt-type broadcast;=;OK
-m pkttype --pkt-type multicast;=;OK
-m pkttype --pkt-type bcast;-m pkttype --pkt-type broadcast;OK
-m pkttype --pkt-type mcast;-m pkttype --pkt-type multicast;OK
-m pkttype --pkt-type host;-m pkttype --pkt-type unicast;OK
-m pkttype --pkt-type otherhost;=;OK
-m pkttype --pkt-type loopback;=;FAIL
-m pkttype --pkt-type outgoing;=;FAIL
-m pkttype --pkt-type fastroute;=;FAIL
-m pkttype ! --pkt-type unicast;=;OK
-m pkttype ! --pkt-type broadcast;=;OK
-m pkttype ! --pkt-type multicast;=;OK
-m pkttype --pkt-type Unicast;-m pkttype --pkt-type unicast;OK
-m pkttype --pkt-type uni;=;FAIL
-m pkttype --pkt-type multi;=;FAIL
-m pkttype --pkt-type b;=;FAIL
-m pkttype --pkt-type to-us;=;FAIL
-m pkttype --pkt-type "";=;FAIL
-m pkttype --pkt-type wrong;=;FAIL
-m pkttype --pkt-type 0;=;FAIL
-m pkttype --pkt-type unicast --pkt-type multicast;=;FAIL
%6
-m pkttype --pkt-type multicast;=;OK
%4
-m pkttype --pkt-type HOST;-m pkttype --pkt-type unicast;OK
-m pkttype --pkt-type MCAST;-m pkttype --pkt-type multicast;OK
-m pkttype --pkt-type OtherHost;-m pkttype --pkt-type otherhost;OK
