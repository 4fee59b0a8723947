# No kernel here has this one: unchecked.
%4
*filter
:INPUT
-j LED;=;FAIL
-j LED --led-trigger-id "foo";=;OK;unchecked
-j LED --led-trigger-id foo;-j LED --led-trigger-id "foo";OK;unchecked
-j LED --led-trigger-id "foo" --led-delay 42 --led-always-blink;=;OK;unchecked
-j LED --led-trigger-id "foo bar";=;OK;unchecked
-j LED --led-trigger-id foo --led-delay inf;-j LED --led-trigger-id "foo" --led-delay inf;OK;unchecked
-j LED --led-trigger-id foo --led-delay 0;-j LED --led-trigger-id "foo";OK;unchecked
-j LED --led-trigger-id foo --led-delay x;=;FAIL
-j LED --led-delay 5;=;FAIL
%6
-j LED --led-trigger-id "foo";=;OK;unchecked
