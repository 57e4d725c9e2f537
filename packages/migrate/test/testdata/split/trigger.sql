CREATE TABLE a (x); -- the table; with a semicolon here
/* a comment; of
   two lines */
CREATE TRIGGER t AFTER INSERT ON a WHEN new.x = ';' BEGIN
  UPDATE a SET x = CASE WHEN x > 1 THEN 'END;' ELSE "b;" END; -- not the end; END
  INSERT INTO a VALUES ('it''s; END');
END;
CREATE TEMP TRIGGER u BEFORE DELETE ON a BEGIN SELECT 1; END
;;
EXPLAIN CREATE TRIGGER v AFTER UPDATE ON a BEGIN SELECT 2; END;
