+ipset create s1 hash:ip
+ipset create s2 hash:ip,port
+ipset create s3 hash:ip timeout 10
+ipset create s4 hash:ip skbinfo
+ipset create s6 hash:ip family inet6
%4
*filter
:INPUT
-j SET;=;FAIL
-j SET --add-set s1 src;=;OK
-j SET --add-set s1 src,dst;=;OK
-j SET --add-set s2 src,dst;=;OK
-j SET --add-set s1 src --exist;=;OK
-j SET --exist --add-set s3 src --timeout 5;-j SET --add-set s3 src --exist --timeout 5;OK
-j SET --add-set s3 src --timeout 5 --exist;-j SET --add-set s3 src --exist --timeout 5;OK
-j SET --add-set s3 src --timeout 0;=;OK
-j SET --add-set s3 src --timeout 4294967295;=;FAIL
-j SET --add-set s3 src --timeout x;=;FAIL
-j SET --del-set s1 dst;=;OK
-j SET --del-set s1 src --exist;=;FAIL
-j SET --del-set s1 src --timeout 5;=;FAIL
-j SET --add-set s1 src --del-set s2 src,dst;=;OK
-j SET --del-set s1 src --add-set s2 src,dst;-j SET --add-set s2 src,dst --del-set s1 src;OK
-j SET --add-set s1 src --add-set s2 src;=;FAIL
-j SET --add-set s1;=;FAIL
-j SET --add-set s1 foo;=;FAIL
-j SET --add-set s1 src,;=;FAIL
-j SET --add-set s1 src,src,src,src,src,src;=;OK
-j SET --add-set s1 src,src,src,src,src,src,src;=;FAIL
-j SET --exist;=;FAIL
-j SET --timeout 5;=;FAIL
-j SET --map-set s4 src --map-mark;=;FAIL
-j SET --map-set s1 src;=;FAIL
-j SET --map-mark;=;FAIL
-j SET --add-set s1 SRC;=;FAIL
-j SET --add-set "a b" src;=;FAIL
-j SET --add-set 01234567890123456789012345678901 src;=;FAIL
*mangle
:PREROUTING
-j SET --add-set s1 src;=;OK
-j SET --map-set s4 src --map-mark;=;OK
-j SET --map-set s4 src --map-prio;=;FAIL
-j SET --map-set s4 src --map-queue;=;FAIL
-j SET --map-set s4 src;=;FAIL
-j SET --map-set s4 src --map-mark --add-set s1 dst;-j SET --add-set s1 dst --map-set s4 src --map-mark;OK
-j SET --map-set s4 src --map-mark --exist;=;FAIL
:POSTROUTING
-j SET --map-set s4 src --map-mark --map-prio;=;OK
-j SET --map-set s4 src --map-queue --map-mark;-j SET --map-set s4 src --map-mark --map-queue;OK
%6
*filter
:INPUT
-j SET --add-set s6 src;=;OK
