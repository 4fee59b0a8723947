%4
*filter
:FORWARD
-p esp -m esp --espspi 500;=;OK
-p 50 --espspi 500;-p esp -m esp --espspi 500;OK
-p esp -m esp;=;OK
-p esp -m esp --espspi 1:5;=;OK
-p esp -m esp --espspi :5;-p esp -m esp --espspi 0:5;OK
-p esp -m esp --espspi 5:;-p esp -m esp --espspi 5:4294967295;OK
-p esp -m esp --espspi :;-p esp -m esp;OK
-p esp -m esp ! --espspi :;-p esp -m esp ! --espspi 0:4294967295;OK;1.8.9=-p esp -m esp
-p esp -m esp --espspi 0:4294967295;-p esp -m esp;OK
-p esp -m esp ! --espspi 0:4294967295;=;OK;1.8.9=-p esp -m esp
-p esp -m esp --espspi 4294967295;=;OK
-p esp -m esp --espspi 4294967296;=;FAIL
-p esp -m esp ! --espspi 500;=;OK
-p esp -m esp --espspi 5:1;=;FAIL;1.8.9==
-p esp -m esp --espspi 0x10:0x20;-p esp -m esp --espspi 16:32;OK
-p esp -m esp --espspi x;=;FAIL
-m esp --espspi 5;=;FAIL
-p tcp -m esp --espspi 5;=;FAIL
! -p esp -m esp --espspi 5;=;FAIL
%6
-p esp -m esp --espspi 7;=;OK
