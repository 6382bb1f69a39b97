-- The people of the panel: one row per person, with the columns that config/panelsync.yaml maps.
-- Of several rows with one e-mail the first is sent, so the order decides which.
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
