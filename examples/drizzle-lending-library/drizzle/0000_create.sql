CREATE TABLE `books` (
	`id` integer PRIMARY KEY NOT NULL,
	`title` text NOT NULL,
	`copies` integer NOT NULL,
	`embedding` F32_BLOB(3) NOT NULL,
	CONSTRAINT "copies" CHECK("books"."copies" >= 0)
);
--> statement-breakpoint
CREATE INDEX `books_embedding` ON `books` (libsql_vector_idx("embedding",'metric=cosine','compress_neighbors=float8','max_neighbors=28','search_l=300'));--> statement-breakpoint
CREATE TABLE `loans` (
	`id` integer PRIMARY KEY NOT NULL,
	`book_id` integer NOT NULL,
	`member_id` integer NOT NULL,
	FOREIGN KEY (`book_id`) REFERENCES `books`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`member_id`) REFERENCES `members`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE TABLE `members` (
	`id` integer PRIMARY KEY NOT NULL,
	`name` text NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `members_name_unique` ON `members` (`name`);