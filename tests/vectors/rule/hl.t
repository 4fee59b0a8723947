%6
*filter
:FORWARD
-m hl;=;FAIL
-m hl --hl-eq 42;=;OK
-m hl ! --hl-eq 42;=;OK
-m hl --hl 42;-m hl --hl-eq 42;OK
-m hl --hl-lt 42;=;OK
-m hl --hl-gt 42;=;OK
-m hl --hl-eq 0;=;OK
-m hl --hl-eq 255;=;OK
-m hl --hl-eq 256;=;FAIL
-m hl --hl-lt 256;=;FAIL
-m hl --hl-gt 0;=;OK
-m hl --hl-lt 0;=;OK
-m hl --hl-gt 255;=;OK
-m hl --hl-eq x;=;FAIL
-m hl --hl-eq -1;=;FAIL
-m hl --hl-lt 42 --hl-eq 42;=;FAIL
-m hl --hl-gt 42 --hl-eq 42;=;FAIL
-m hl --hl-gt 42 --hl-lt 80;=;FAIL
-m hl ! --hl-lt 42;=;FAIL
-m hl ! --hl-gt 42;=;FAIL
-m hl --hl-eq 1 --hl-eq 2;=;FAIL
%4
-m hl --hl-eq 3;=;FAIL
