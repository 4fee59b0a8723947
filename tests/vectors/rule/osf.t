%4
*filter
:INPUT
-p tcp -m osf --genre linux;=;OK
-p tcp -m osf --genre Linux;=;OK
-p tcp -m osf ! --genre Linux;=;OK
-p tcp -m osf --genre Linux --ttl 0;=;OK
-p tcp -m osf --genre Linux --ttl 2 --log 1;=;OK
-p tcp -m osf --genre Linux --log 2;=;OK
-p tcp -m osf --genre Linux --log 0;=;OK
-p tcp -m osf --genre Linux --log 3;=;FAIL
-p tcp -m osf --genre Linux --ttl 3;=;FAIL
-p tcp -m osf --ttl 0;=;FAIL
-p tcp -m osf --genre 123456789012345678901234567890123456;-p tcp -m osf --genre 1234567890123456789012345678901;OK
-p tcp -m osf;=;FAIL
-m osf --genre Linux;=;FAIL
-p udp -m osf --genre Linux;=;FAIL
:FORWARD
-p tcp -m osf --genre Linux;=;OK
:OUTPUT
-p tcp -m osf --genre Linux;=;FAIL
*mangle
:PREROUTING
-p tcp -m osf --genre Linux;=;OK
:POSTROUTING
-p tcp -m osf --genre Linux;=;FAIL
