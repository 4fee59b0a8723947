%4
*mangle
:PREROUTING
-j IDLETIMER;=;FAIL
-j IDLETIMER --timeout;=;FAIL
-j IDLETIMER --timeout 42;=;FAIL
-j IDLETIMER --timeout 42 --label foo;=;OK
-j IDLETIMER --timeout 42 --label foo --alarm;=;OK
-j IDLETIMER --timeout 0 --label foo;=;FAIL
-j IDLETIMER --label foo;=;FAIL
-j IDLETIMER --timeout 42 --label foo --send_nl_msg 1;=;FAIL
*filter
:INPUT
-j IDLETIMER --timeout 42 --label foo;=;OK
*mangle
:PREROUTING
-j IDLETIMER --timeout 42 --label 0123456789012345678901234567;-j IDLETIMER --timeout 42 --label 012345678901234567890123456;OK
-j IDLETIMER --timeout 42 --label 012345678901234567890123456;=;OK
-j IDLETIMER --timeout 42 --label "";=;FAIL
-j IDLETIMER --timeout 1000000 --label foo2;=;OK
-j IDLETIMER --timeout 4294967295 --label foo3;=;FAIL
-j IDLETIMER --timeout x --label foo3;=;FAIL
-j IDLETIMER --timeout 0x10 --label foo4 --alarm;-j IDLETIMER --timeout 16 --label foo4 --alarm;OK
-j IDLETIMER --label foo5 --timeout 3;-j IDLETIMER --timeout 3 --label foo5;OK
*raw
:PREROUTING
-j IDLETIMER --timeout 4 --label g;=;OK
