%4
*filter
:FORWARD
-m iprange;=;FAIL
-m iprange --src-range 1.1.1.1-1.1.1.10;=;OK
-m iprange ! --src-range 1.1.1.1-1.1.1.10;=;OK
-m iprange --dst-range 1.1.1.1-1.1.1.10;=;OK
-m iprange ! --dst-range 1.1.1.1-1.1.1.10;=;OK
-m iprange --dst-range 2.0.0.1-2.0.0.2 --src-range 1.1.1.1-1.1.1.10;-m iprange --src-range 1.1.1.1-1.1.1.10 --dst-range 2.0.0.1-2.0.0.2;OK
-m iprange --src-range 1.1.1.1;-m iprange --src-range 1.1.1.1-1.1.1.1;OK
-m iprange --src-range 1.1.1.1-;=;FAIL
-m iprange --src-range -1.1.1.1;=;FAIL
-m iprange --src-range 1.1.1.10-1.1.1.1;=;OK
-m iprange --src-range 1.1.1.1:1.1.1.5;=;FAIL
-m iprange --src-range 1.1.1.0/24;=;FAIL
-m iprange --src-range 1.1-2.2;-m iprange --src-range 1.1.0.0-2.2.0.0;OK
-m iprange --src-range x-y;=;FAIL
-m iprange --src-range "";=;FAIL
-m iprange --src-range 1.1.1.1-2.2.2.2-3.3.3.3;=;FAIL
-m iprange --src-range 0.0.0.0-255.255.255.255;=;OK
-m iprange --src-range 1.1.1.1-1.1.1.1;=;OK
-m iprange --src-range 1.1.1.1-2.2.2.2 --src-range 3.3.3.3-4.4.4.4;=;FAIL
-m iprange --src-range ::1-::2;=;FAIL
%6
-m iprange --src-range ::1-::2;=;OK
-m iprange ! --src-range ::1-::2;=;OK
-m iprange ! --dst-range 2001:db8::-2001:db8::ffff;=;OK
-m iprange --src-range ::1;-m iprange --src-range ::1-::1;OK
-m iprange --src-range ::2-::1;=;OK
-m iprange --src-range 1.1.1.1-2.2.2.2;=;FAIL
%4
-m iprange --src-range 1.1.1-2.2.2;-m iprange --src-range 1.1.1.0-2.2.2.0;OK
-m iprange --src-range 1-2;-m iprange --src-range 1.0.0.0-2.0.0.0;OK
-m iprange --src-range 1.1.1.1--2.2.2.2;=;FAIL
