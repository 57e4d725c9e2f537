-- a byte order mark
CREATE TABLE [odd;name] (`b;c` TEXT DEFAULT 'x;
y');
INSERT INTO [odd;name] VALUES (x'3b');
