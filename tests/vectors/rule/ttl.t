%4
*filter
:FORWARD
-m ttl;=;FAIL
-m ttl --ttl-eq 42;=;OK
-m ttl ! --ttl-eq 42;=;OK
-m ttl --ttl 42;-m ttl --ttl-eq 42;OK
-m ttl --ttl-lt 42;=;OK
-m ttl --ttl-gt 42;=;OK
-m ttl --ttl-eq 0;=;OK
-m ttl --ttl-eq 255;=;OK
-m ttl --ttl-eq 256;=;FAIL
-m ttl --ttl-lt 256;=;FAIL
-m ttl --ttl-gt 0;=;OK
-m ttl --ttl-lt 0;=;OK
-m ttl --ttl-gt 255;=;OK
-m ttl --ttl-eq x;=;FAIL
-m ttl --ttl-eq -1;=;FAIL
-m ttl --ttl-lt 42 --ttl-eq 42;=;FAIL
-m ttl --ttl-gt 42 --ttl-eq 42;=;FAIL
-m ttl --ttl-gt 42 --ttl-lt 80;=;FAIL
-m ttl ! --ttl-lt 42;=;FAIL
-m ttl ! --ttl-gt 42;=;FAIL
-m ttl --ttl-eq 1 --ttl-eq 2;=;FAIL
%6
-m ttl --ttl-eq 3;=;FAIL
