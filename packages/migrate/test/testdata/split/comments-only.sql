-- nothing but comments
/* ; */
;
