%4
*filter
:FORWARD
-m conntrack --ctstate NEW;=;OK
-m conntrack --ctstate N;-m conntrack --ctstate NEW;OK
-m conntrack --ctstate new,est;-m conntrack --ctstate NEW,ESTABLISHED;OK
-m conntrack --ctstate ESTABLISHED,RELATED;-m conntrack --ctstate RELATED,ESTABLISHED;OK
-m conntrack --ctstate INVALID,NEW,RELATED,ESTABLISHED,UNTRACKED,SNAT,DNAT;=;OK
-m conntrack ! --ctstate NEW;=;OK
-m conntrack --ctstate "";=;FAIL
-m conntrack --ctstate NEW,;=;FAIL
-m conntrack --ctstate FOO;=;FAIL
-m conntrack --ctstate NEW --ctstate NEW;=;FAIL
-m conntrack;=;FAIL
-m conntrack --ctproto tcp;-m conntrack --ctproto 6;OK
-m conntrack --ctproto 47;=;OK
-m conntrack --ctproto 0;=;FAIL;1.8.9==
-m conntrack --ctproto 255;=;OK
-m conntrack --ctproto 256;=;FAIL
-m conntrack --ctproto foo;=;FAIL
-m conntrack --ctproto UDP;-m conntrack --ctproto 17;OK
-m conntrack ! --ctproto tcp;-m conntrack ! --ctproto 6;OK
-m conntrack --ctproto gre;-m conntrack --ctproto 47;OK
-m conntrack --ctproto icmpv6;-m conntrack --ctproto 58;OK
# the reference loses a mask with holes when it prints
-m conntrack --ctorigsrc 1.2.3.4 --ctorigdst 1.2.3.0/24 --ctreplsrc 1.2.3.4/255.0.255.0 --ctrepldst 0/0;-m conntrack --ctorigsrc 1.2.3.4 --ctorigdst 1.2.3.0/24 --ctreplsrc 1.2.3.4/255.0.255.0 --ctrepldst 0.0.0.0/0;OK;1.8.9=-m conntrack --ctorigsrc 1.2.3.4 --ctorigdst 1.2.3.0/24 --ctreplsrc 1.2.3.4 --ctrepldst 0.0.0.0/0
-m conntrack --ctorigsrc 1.2.3.4/24;=;OK
-m conntrack ! --ctorigsrc 1.2.3.4 ! --ctorigdst 4.3.2.1;=;OK
-m conntrack --ctorigsrc 1.2.3.4,4.3.2.1;=;FAIL
-m conntrack --ctorigsrcport 1 --ctorigdstport 2:3 --ctreplsrcport 4: --ctrepldstport :5;-m conntrack --ctorigsrcport 1 --ctorigdstport 2:3 --ctreplsrcport 4:65535 --ctrepldstport 0:5;OK
-m conntrack --ctorigsrcport http;-m conntrack --ctorigsrcport 80;OK
-m conntrack --ctorigsrcport :;-m conntrack --ctorigsrcport 0:65535;OK
-m conntrack --ctorigsrcport 5:4;=;FAIL;1.8.9==
-m conntrack ! --ctorigsrcport 5;=;OK
# the reference cuts the number to 16 bits
-m conntrack --ctorigdstport 65536;=;FAIL;1.8.9=-m conntrack --ctorigdstport 0
-m conntrack --ctstatus ASSURED;=;OK
-m conntrack --ctstatus NONE;=;OK
-m conntrack --ctstatus NONE,EXPECTED;-m conntrack --ctstatus EXPECTED;OK
-m conntrack --ctstatus c,s,a,e;-m conntrack --ctstatus EXPECTED,SEEN_REPLY,ASSURED,CONFIRMED;OK
-m conntrack ! --ctstatus CONFIRMED;=;OK
-m conntrack --ctstatus FOO;=;FAIL
-m conntrack --ctexpire 5;=;OK
-m conntrack --ctexpire 5:10;=;OK
-m conntrack --ctexpire 5:;-m conntrack --ctexpire 5:4294967295;OK
-m conntrack --ctexpire :5;-m conntrack --ctexpire 0:5;OK
-m conntrack --ctexpire 10:5;=;FAIL;1.8.9==
-m conntrack --ctexpire 4294967295;=;OK
-m conntrack --ctexpire 4294967296;=;FAIL
-m conntrack --ctexpire :;-m conntrack --ctexpire 0:4294967295;OK
-m conntrack ! --ctexpire 5;=;OK
-m conntrack --ctdir ORIGINAL;=;OK
-m conntrack --ctdir REPLY;=;OK
-m conntrack --ctdir reply;-m conntrack --ctdir REPLY;OK
-m conntrack --ctdir O;=;FAIL
-m conntrack ! --ctdir REPLY;=;FAIL
-m conntrack --ctdir REPLY --ctexpire 5 --ctstatus ASSURED --ctrepldstport 1 --ctreplsrcport 2 --ctorigdstport 3 --ctorigsrcport 4 --ctrepldst 1.1.1.1 --ctreplsrc 2.2.2.2 --ctorigdst 3.3.3.3 --ctorigsrc 4.4.4.4 --ctproto 6 --ctstate NEW;-m conntrack --ctstate NEW --ctproto 6 --ctorigsrc 4.4.4.4 --ctorigdst 3.3.3.3 --ctreplsrc 2.2.2.2 --ctrepldst 1.1.1.1 --ctorigsrcport 4 --ctorigdstport 3 --ctreplsrcport 2 --ctrepldstport 1 --ctstatus ASSURED --ctexpire 5 --ctdir REPLY;OK
%6
*filter
:FORWARD
-m conntrack --ctorigsrc 2001:db8::1 --ctorigdst 2001:db8::/32;=;OK
-m conntrack --ctorigsrc 1.2.3.4;=;FAIL
%4
-m conntrack ! --ctreplsrc 1.2.3.4 ! --ctrepldst 1.2.3.0/24;=;OK
-m conntrack ! --ctorigdstport 1 ! --ctreplsrcport 2:3 ! --ctrepldstport 4;=;OK
%4
*filter
:FORWARD
-m conntrack --ctstate new,established;-m conntrack --ctstate NEW,ESTABLISHED;OK
-m conntrack --ctstate NEW,SNAT,DNAT;=;OK
-m conntrack ! --ctstate INVALID;=;OK
-m conntrack --ctproto 6;=;OK
-m conntrack ! --ctproto udp;-m conntrack ! --ctproto 17;OK
-m conntrack --ctproto x;=;FAIL
-m conntrack ! --ctreplsrc 1.2.3.4/32;-m conntrack ! --ctreplsrc 1.2.3.4;OK
-m conntrack --ctorigsrcport 5:6 --ctorigdstport 7 --ctreplsrcport 8:9 ! --ctrepldstport 10;=;OK
-m conntrack --ctstatus EXPECTED,SEEN_REPLY,ASSURED,CONFIRMED;=;OK
-m conntrack ! --ctstatus ASSURED;=;OK
-m conntrack --ctstatus assured;-m conntrack --ctstatus ASSURED;OK
-m conntrack --ctstatus EXP;-m conntrack --ctstatus EXPECTED;OK
-m conntrack --ctstatus x;=;FAIL
-m conntrack --ctexpire :10;-m conntrack --ctexpire 0:10;OK
-m conntrack --ctdir original;-m conntrack --ctdir ORIGINAL;OK
-m conntrack --ctdir x;=;FAIL
%6
*filter
:FORWARD
-m conntrack --ctorigsrc 2001:db8::1 ! --ctrepldst 2001:db8::/32;=;OK
-m conntrack --ctorigsrc 1.2.3.4;=;FAIL
