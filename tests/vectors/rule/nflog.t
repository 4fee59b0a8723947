%4
*filter
:FORWARD
-j NFLOG;=;OK
-j NFLOG --nflog-group 5;=;OK
-j NFLOG --nflog-group 0;-j NFLOG;OK
-j NFLOG --nflog-group 65535;=;OK
-j NFLOG --nflog-group 65536;=;FAIL
-j NFLOG --nflog-prefix "a b";=;OK
-j NFLOG --nflog-prefix "";=;FAIL
-j NFLOG --nflog-range 10;=;OK
-j NFLOG --nflog-size 10;=;OK
-j NFLOG --nflog-size 0;=;OK
-j NFLOG --nflog-threshold 5;=;OK
-j NFLOG --nflog-threshold 1;=;OK
-j NFLOG --nflog-threshold 0;-j NFLOG;OK
-j NFLOG --nflog-group 1 --nflog-prefix x --nflog-size 4 --nflog-threshold 20;-j NFLOG --nflog-prefix x --nflog-group 1 --nflog-size 4 --nflog-threshold 20;OK
-j NFLOG --nflog-range 1 --nflog-size 4;=;FAIL
-j NFLOG --nflog-prefix 0123456789012345678901234567890123456789012345678901234567890123;-j NFLOG --nflog-prefix 012345678901234567890123456789012345678901234567890123456789012;OK
-j NFLOG --nflog-prefix 012345678901234567890123456789012345678901234567890123456789012;=;OK
