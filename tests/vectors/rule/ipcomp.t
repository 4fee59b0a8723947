%4
*filter
:FORWARD
-p 108 -m ipcomp --ipcompspi 18;=;OK;1.8.9=-p ipcomp -m ipcomp --ipcompspi 18
-p ipcomp -m ipcomp --ipcompspi 18:20;-p 108 -m ipcomp --ipcompspi 18:20;OK;1.8.9==
-p ipcomp -m ipcomp ! --ipcompspi 0x12;-p 108 -m ipcomp ! --ipcompspi 18;OK;1.8.9=-p ipcomp -m ipcomp ! --ipcompspi 18
-p ipcomp -m ipcomp ! --ipcompspi :;-p 108 -m ipcomp ! --ipcompspi 0:4294967295;OK;1.8.9=-p ipcomp -m ipcomp
-p ipcomp -m ipcomp --ipcompspi :;-p 108 -m ipcomp --ipcompspi 0:4294967295;OK;1.8.9=-p ipcomp -m ipcomp
-p ipcomp -m ipcomp --ipcompspi 20:18;=;FAIL;1.8.9==
-p ipcomp -m ipcomp --ipcompspi 18 --compres;-p 108 -m ipcomp --ipcompspi 18 --compres;OK;1.8.9==
-p ipcomp -m ipcomp --compres;-p 108 -m ipcomp --ipcompspi 0 --compres;OK;1.8.9=-p ipcomp -m ipcomp --ipcompspi 0 --compres
-p ipcomp -m ipcomp;-p 108 -m ipcomp --ipcompspi 0;OK;1.8.9=-p ipcomp -m ipcomp --ipcompspi 0
-p ipcomp --ipcompspi 18;-p 108 -m ipcomp --ipcompspi 18;OK;1.8.9=-p ipcomp -m ipcomp --ipcompspi 18
-p ipcomp -m ipcomp --ipcompspi 4294967295;-p 108 -m ipcomp --ipcompspi 4294967295;OK;1.8.9==
-p ipcomp -m ipcomp --ipcompspi 4294967296;=;FAIL
-m ipcomp --ipcompspi 5;=;FAIL
-p ipcomp -m comp --ipcompspi 5;=;FAIL
