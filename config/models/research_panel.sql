-- Who belongs in the panel: one row a person, with the columns that config/panelsync.yaml maps.
-- The row of an e-mail that comes first is sent, so the order says which of two rows wins.
select
  email,
  first_name,
  last_name,
  phone,
  city,
  country,
  plan_tier,
  signed_up_on
from customers
where email is not null
  and research_consent
order by email, signed_up_on desc
