%4
*filter
:FORWARD
-m devgroup --src-group 0;-m devgroup --src-group default;OK
-m devgroup --src-group 0x5;=;OK
-m devgroup --src-group 5/0xff;-m devgroup --src-group 0x5/0xff;OK
-m devgroup --src-group 5/255;-m devgroup --src-group 0x5/0xff;OK
-m devgroup --src-group 5/0xffffffff;-m devgroup --src-group 0x5;OK
-m devgroup ! --src-group 5;-m devgroup ! --src-group 0x5;OK
-m devgroup --dst-group 5;-m devgroup --dst-group 0x5;OK
-m devgroup --dst-group 5 --src-group 6;-m devgroup --src-group 0x6 --dst-group 0x5;OK
-m devgroup ! --src-group 0xa/0xb ! --dst-group 0xc/0xd;=;OK
-m devgroup --src-group default;=;OK
-m devgroup --src-group x;=;FAIL
-m devgroup --src-group 4294967295;-m devgroup --src-group 0xffffffff;OK
-m devgroup --src-group 4294967296;=;FAIL
-m devgroup --src-group 5/x;=;FAIL
-m devgroup;=;FAIL
:INPUT
-m devgroup --dst-group 5;=;FAIL
:OUTPUT
-m devgroup --src-group 5;=;FAIL
:FORWARD
-m devgroup --src-group 0/0xff;-m devgroup --src-group 0x0/0xff;OK
-m devgroup --dst-group 0;-m devgroup --dst-group default;OK
-m devgroup ! --dst-group default;=;OK
-m devgroup --dst-group default/1;=;FAIL
