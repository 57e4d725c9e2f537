CREATE TABLE products (
  id INTEGER PRIMARY KEY,
  sku TEXT NOT NULL
);

CREATE TABLE orders (
  id INTEGER PRIMARY KEY,
  product_id INTEGER NOT NULL REFERENCES products (id),
  placed_on TEXT NOT NULL
);
