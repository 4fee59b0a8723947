%4
*filter
:FORWARD
-m quota --quota 0;=;OK
-m quota --quota 100;=;OK
-m quota ! --quota 100;=;OK
-m quota --quota 18446744073709551615;=;OK
-m quota --quota 18446744073709551616;=;FAIL
-m quota --quota 0x10;-m quota --quota 16;OK
-m quota --quota -1;=;FAIL
-m quota --quota x;=;FAIL
-m quota --quota "";=;FAIL
-m quota;=;FAIL
-m quota --quota 5 --quota 6;=;FAIL
:INPUT
-m quota --quota 010;-m quota --quota 8;OK
