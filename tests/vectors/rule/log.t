%4
*filter
:FORWARD
-j LOG;=;OK
-j LOG --log-prefix "foo ";=;OK
-j LOG --log-prefix foo --log-level debug;-j LOG --log-prefix foo --log-level 7;OK
-j LOG --log-level 4;-j LOG;OK
-j LOG --log-level warning;-j LOG;OK
-j LOG --log-level warn;=;FAIL
-j LOG --log-level 7;=;OK
-j LOG --log-level 8;=;FAIL
-j LOG --log-level DEBUG;=;FAIL
-j LOG --log-level deb;=;FAIL
-j LOG --log-level emerg;-j LOG --log-level 0;OK
-j LOG --log-level panic;-j LOG --log-level 0;OK
-j LOG --log-level error;-j LOG --log-level 3;OK
-j LOG --log-level err;=;FAIL
-j LOG --log-tcp-sequence --log-tcp-options --log-ip-options --log-uid --log-macdecode;=;OK
-j LOG --log-prefix "";=;FAIL
-j LOG --log-prefix 01234567890123456789012345678;=;OK
-j LOG --log-prefix 012345678901234567890123456789;-j LOG --log-prefix 01234567890123456789012345678;OK
! -j LOG;=;FAIL
-j LOG ! --log-prefix x;=;FAIL
-j LOG --log-prefix a --log-prefix b;=;FAIL
-j LOG --log-tcp-sequence --log-prefix x --log-level 1;-j LOG --log-prefix x --log-level 1 --log-tcp-sequence;OK
-j LOG -p tcp --dport 80;-p tcp -m tcp --dport 80 -j LOG;OK
