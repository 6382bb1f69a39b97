-- Customers of the Chinook shop with what they bought: one row a customer.
with bought as (
  select customer_id, sum(total) as total, max(invoice_date) as last_at, count(*) as invoices
  from invoice
  group by customer_id
),
tracks_of_genre as (
  select invoice.customer_id, genre.name, sum(invoice_line.quantity) as tracks
  from invoice
  join invoice_line using (invoice_id)
  join track using (track_id)
  join genre using (genre_id)
  group by invoice.customer_id, genre.name
),
favourite as (
  select distinct on (customer_id) customer_id, name
  from tracks_of_genre
  order by customer_id, tracks desc, name
)
select
  customer.email,
  customer.first_name,
  customer.last_name,
  customer.phone,
  customer.company,
  customer.city,
  customer.state,
  customer.country,
  coalesce(bought.total, 0) as lifetime_value,
  bought.last_at as last_purchase,
  favourite.name as favourite_genre,
  coalesce(bought.invoices, 0) as invoices
from customer
left join bought using (customer_id)
left join favourite using (customer_id)
order by customer.customer_id;
