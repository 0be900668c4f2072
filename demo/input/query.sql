create table city(id integer primary key, name text, country integer, people integer);
with recursive n(i) as (select 1 union all select i + 1 from n where i < 3000)
insert into city select i, 'city ' || (i * 7919 % 3001), i * i % 97, i * 104729 % 100003 from n;
create index by_country on city(country, people);
select country, count(*), sum(people), max(name) from city group by country having sum(people) > 1500000 order by 3 desc limit 10;
select a.country, count(*) from city a join city b on a.country = b.country and a.people < b.people where a.id % 10 = 0 group by 1 order by 2 desc limit 5;
update city set people = people + 1 where name like '%77%';
select sum(people), avg(length(name)) from city where country between 10 and 60;
