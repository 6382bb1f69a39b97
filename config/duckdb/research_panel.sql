-- The people of the panel: one row per person, with the columns that config/panelsync.yaml maps.
-- Paths start at the folder of config/panelsync.yaml; a pattern such as 'data/*.parquet' reads many files.
select email, first_name, last_name, phone, city, country, plan_tier, signed_up_on
from 'data/people.csv'
