-- 2,000 customers from nineteen countries, in their own scripts; how many of them came grew over time.

-- Streets carry the house number at `#`; cities are `city|postal code|country`. Where names are written
-- otherwise than in e-mail addresses, the second pair of arrays has them in Latin letters.
CREATE TEMPORARY TABLE demo_locale (
    locale text, share int, phone text, streets text[], cities text[], given text[], family text[],
    given_latin text[], family_latin text[]) ON COMMIT DROP;
INSERT INTO demo_locale VALUES
('de', 250, '+49 30 ', '{Lindenstraße #,Hauptstraße #,Am Markt #,Gartenweg #,Schillerstraße #}',
    '{Berlin|10115|de,Hamburg|20095|de,München|80331|de,Köln|50667|de,Leipzig|04109|de,Wien|1010|at,Graz|8010|at,Zürich|8001|ch}',
    '{Anna,Lukas,Marie,Jonas,Lena,Felix,Jürgen,Käthe,Sophie,Maximilian,Björn,Clara,Moritz,Greta,Sören,Heike}',
    '{Müller,Schmidt,Weiß,Schäfer,Krüger,Hoffmann,Köhler,Vogel,Böhm,Lehmann,Jäger,Huber,Maier,Strauß,Großmann,Winter}', NULL, NULL),
('en-US', 250, '+1 415 555 ', '{# Oak Street,# Maple Avenue,# Valencia Street,# 5th Avenue,# Sunset Boulevard}',
    '{Portland|97205|us,San Francisco|94103|us,Austin|78701|us,Brooklyn|11201|us,Chicago|60607|us,Seattle|98101|us,Toronto|M5V 2T6|ca}',
    '{Olivia,Liam,Emma,Noah,Ava,Ethan,Zoe,Jackson,Maya,Aaliyah,Tyler,DeShawn,Grace,Caleb,Harper,Wyatt}',
    '{Smith,Johnson,Goldsmith,Nguyen,Garcia,Washington,Miller,O’Neill,Kim,Patel,Rivera,Blacksmith,Cooper,Hughes,Reed,Lopez}', NULL, NULL),
('en-GB', 200, '+44 20 7946 ', '{# High Street,# Church Lane,# Station Road,# Mill Lane,# Kings Road}',
    '{London|E1 6AN|gb,Bristol|BS1 4ST|gb,Leeds|LS1 4DY|gb,Edinburgh|EH1 1YZ|gb,Cardiff|CF10 1EP|gb}',
    '{Amelia,Oliver,Isla,George,Freya,Harry,Poppy,Alfie,Imogen,Rhys,Niamh,Callum,Florence,Arthur,Priya,Tariq}',
    '{Taylor,Brown,Davies,Wilson,Evans,Thomas,Walker,MacLeod,Hughes,Ashworth,Shah,Khan,Okafor,Pemberton,Lloyd,Wright}', NULL, NULL),
('fr', 160, '+33 1 70 ', '{# rue de la République,# avenue Jean Jaurès,# place du Marché,# rue des Écoles}',
    '{Paris|75011|fr,Lyon|69002|fr,Nantes|44000|fr,Bordeaux|33000|fr,Liège|4000|be}',
    '{Camille,Léo,Chloé,Hugo,Manon,Zoé,Étienne,Inès,Théo,Maëlys,Gaël,Anaïs,Noémie,Rémi,Océane,Jérôme}',
    '{Martin,Bernard,Dubois,Lefèvre,Moreau,Girard,Mercier,Fournier,Béranger,Leroy,Dupré,Gauthier,Benoît,Rousseau,Lemoine,Hébert}', NULL, NULL),
('da', 150, '+45 32 ', '{Vestergade #,Nørrebrogade #,Strandvejen #,Skolegade #}',
    '{København|1620|dk,Aarhus|8000|dk,Odense|5000|dk,Aalborg|9000|dk,Roskilde|4000|dk}',
    '{Freja,Søren,Astrid,Mads,Kåre,Signe,Jørgen,Karen,Bjørn,Ida,Magnus,Løve,Emil,Åse,Rasmus,Liv}',
    '{Jensen,Nielsen,Sørensen,Østergaard,Møller,Kjær,Nygaard,Lund,Bæk,Holm,Damgård,Skov,Thomsen,Mørk,Dahl,Hjorth}', NULL, NULL),
('sv', 130, '+46 8 ', '{Storgatan #,Kungsgatan #,Björkvägen #,Södra vägen #}',
    '{Stockholm|111 22|se,Göteborg|411 03|se,Malmö|211 19|se,Umeå|903 26|se}',
    '{Elsa,Hugo,Åsa,Björn,Maja,Nils,Linnéa,Göran,Ebba,Anders,Sigrid,Oskar,Märta,Lars,Tove,Ingrid}',
    '{Andersson,Johansson,Öberg,Lindström,Åkesson,Nyström,Bergqvist,Sjögren,Ek,Holmgren,Norén,Lindqvist,Hägg,Strand,Wallin,Söder}', NULL, NULL),
('es', 130, '+34 91 ', '{Calle Mayor #,Calle de Alcalá #,Avenida Diagonal #,Plaza Nueva #}',
    '{Madrid|28013|es,Barcelona|08001|es,Valencia|46002|es,Sevilla|41001|es,Ciudad de México|06000|mx}',
    '{Lucía,Hugo,María,Mateo,Sofía,Álvaro,Íñigo,Carmen,Andrés,Valentina,José,Begoña,Joaquín,Inés,Nuria,Óscar}',
    '{García,Fernández,López,Núñez,Muñoz,Peña,Ibáñez,Castaño,Ruiz,Vázquez,Gil,Serrano,Quiñones,Domínguez,Cortés,Rojas}', NULL, NULL),
('it', 120, '+39 02 ', '{Via Roma #,Corso Italia #,Via Garibaldi #,Piazza del Duomo #}',
    '{Milano|20121|it,Roma|00184|it,Torino|10121|it,Bologna|40121|it}',
    '{Giulia,Leonardo,Sofia,Niccolò,Alice,Lorenzo,Chiara,Matteo,Beatrice,Davide,Aurora,Elia,Martina,Gabriele,Noemi,Tommaso}',
    '{Rossi,Ferrari,Esposito,Bianchi,Romano,D’Angelo,Conti,Greco,De Luca,Mancini,Lombardi,Barbieri,Moretti,Rinaldi,Caputo,Sanna}', NULL, NULL),
('pl', 100, '+48 22 ', '{ul. Długa #,ul. Polna #,al. Jerozolimskie #,ul. Łąkowa #}',
    '{Warszawa|00-021|pl,Kraków|31-005|pl,Gdańsk|80-831|pl,Łódź|90-001|pl}',
    '{Zofia,Jan,Małgorzata,Paweł,Agnieszka,Michał,Łucja,Stanisław,Żaneta,Jakub,Hanna,Wojciech,Róża,Krzysztof,Maja,Szymon}',
    '{Nowak,Kowalski,Wiśniewska,Wójcik,Kamińska,Zieliński,Dąbrowska,Kozłowski,Jabłońska,Król,Wróbel,Mazur,Grabowski,Sokół,Pająk,Żak}', NULL, NULL),
('nl', 90, '+31 20 ', '{Keizersgracht #,Dorpsstraat #,Kerkstraat #,Molenweg #}',
    '{Amsterdam|1015 CJ|nl,Utrecht|3511 AX|nl,Rotterdam|3011 AB|nl,Gent|9000|be}',
    '{Sanne,Daan,Fleur,Sem,Noor,Bram,Femke,Thijs,Lotte,Ruben,Anouk,Joris,Maud,Pim,Renée,Wouter}',
    '{de Vries,Jansen,van den Berg,Bakker,Visser,Smit,Mulder,Bos,van Dijk,Dekker,Kuipers,Hendriks,Postma,de Groot,Meijer,van Leeuwen}', NULL, NULL),
('pt', 80, '+351 21 ', '{Rua Augusta #,Avenida da Liberdade #,Rua de São Bento #}',
    '{Lisboa|1100-053|pt,Porto|4000-322|pt,São Paulo|01310-100|br,Recife|50030-230|br}',
    '{Beatriz,João,Inês,Gonçalo,Sofia,Thiago,Conceição,Luís,Mariana,Rafael,Letícia,Antônio,Lúcia,Caetano,Fátima,Sérgio}',
    '{Silva,Santos,Conceição,Araújo,Gonçalves,Simões,Pereira,Brandão,Magalhães,Sá,Teixeira,Lourenço,Assunção,Moura,Falcão,Guimarães}', NULL, NULL),
('ja', 100, '+81 3 ', '{神宮前#丁目,本町#番地,銀座#丁目}',
    '{東京|150-0001|jp,京都|604-8005|jp,大阪|541-0053|jp,札幌|060-0001|jp}',
    '{陽菜,蓮,結衣,大翔,美咲,翔太,さくら,悠真,葵,健,凛,拓海,直子,誠,由美,浩}',
    '{佐藤,鈴木,高橋,田中,伊藤,渡辺,山本,中村,小林,加藤,吉田,山田,松本,井上,木村,清水}',
    '{hina,ren,yui,hiroto,misaki,shota,sakura,yuma,aoi,ken,rin,takumi,naoko,makoto,yumi,hiroshi}',
    '{sato,suzuki,takahashi,tanaka,ito,watanabe,yamamoto,nakamura,kobayashi,kato,yoshida,yamada,matsumoto,inoue,kimura,shimizu}'),
('uk', 50, '+380 44 ', '{вул. Хрещатик #,вул. Шевченка #,просп. Свободи #}',
    '{Київ|01001|ua,Львів|79000|ua,Одеса|65000|ua}',
    '{Олена,Андрій,Марія,Тарас,Ірина,Богдан,Соломія,Юрій,Оксана,Дмитро,Наталія,Остап,Леся,Микола,Юлія,Максим}',
    '{Шевченко,Коваленко,Бондар,Ткач,Мельник,Кравець,Лисенко,Гончар,Савчук,Поліщук,Мороз,Клименко,Рудь,Яценко,Козак,Зінченко}',
    '{olena,andrii,maria,taras,iryna,bohdan,solomiia,yurii,oksana,dmytro,nataliia,ostap,lesia,mykola,yuliia,maksym}',
    '{shevchenko,kovalenko,bondar,tkach,melnyk,kravets,lysenko,honchar,savchuk,polishchuk,moroz,klymenko,rud,yatsenko,kozak,zinchenko}'),
('el', 40, '+30 21 ', '{Οδός Ερμού #,Λεωφόρος Βουλιαγμένης #,Οδός Αθηνάς #}',
    '{Αθήνα|105 63|gr,Θεσσαλονίκη|546 24|gr}',
    '{Ελένη,Γιώργος,Μαρία,Νίκος,Σοφία,Δημήτρης,Κατερίνα,Άγγελος,Ιωάννα,Πέτρος,Αθηνά,Σπύρος,Δάφνη,Ηλίας,Χριστίνα,Θανάσης}',
    '{Παπαδόπουλος,Νικολάου,Γεωργίου,Οικονόμου,Βασιλείου,Αντωνίου,Καραγιάννης,Αλεξίου,Μακρής,Λάμπρου,Σταύρου,Δήμου,Ζαφειρίου,Κόκκινος,Ρήγας,Χατζής}',
    '{eleni,giorgos,maria,nikos,sofia,dimitris,katerina,angelos,ioanna,petros,athina,spyros,dafni,ilias,christina,thanasis}',
    '{papadopoulos,nikolaou,georgiou,oikonomou,vasileiou,antoniou,karagiannis,alexiou,makris,lamprou,stavrou,dimou,zafeiriou,kokkinos,rigas,chatzis}'),
('ar', 50, '+971 4 ', '{# شارع الشيخ زايد,# شارع الوصل,# شارع الكورنيش}',
    '{دبي|00000|ae,أبوظبي|00000|ae,الرياض|11564|sa}',
    '{فاطمة,محمد,عائشة,عمر,مريم,خالد,ليلى,يوسف,نورة,حسن,سارة,سعيد,هند,طارق,ريم,زايد}',
    '{المنصوري,الهاشمي,النعيمي,حداد,الخطيب,الشامسي,نصار,القاسمي,عباس,السويدي,درويش,الكعبي,صالح,العتيبي,فارس,المري}',
    '{fatima,mohammed,aisha,omar,maryam,khalid,layla,yousef,noura,hassan,sara,saeed,hind,tariq,reem,zayed}',
    '{almansoori,alhashimi,alnuaimi,haddad,alkhatib,alshamsi,nassar,alqasimi,abbas,alsuwaidi,darwish,alkaabi,saleh,alotaibi,faris,almarri}'),
('zh', 40, '+886 2 ', '{忠孝東路#號,中山北路#號,和平東路#號}',
    '{臺北|100|tw,高雄|800|tw,香港|999077|hk}',
    '{怡君,志明,雅婷,俊傑,淑芬,家豪,美玲,冠宇,佳穎,建宏,欣怡,承恩,詩涵,柏翰,心怡,文雄}',
    '{陳,林,黃,張,李,王,吳,劉,蔡,楊,許,鄭,謝,郭,洪,邱}',
    '{yijun,zhiming,yating,junjie,shufen,jiahao,meiling,guanyu,jiaying,jianhong,xinyi,chengen,shihan,bohan,hsinyi,wenxiong}',
    '{chen,lin,huang,chang,li,wang,wu,liu,tsai,yang,hsu,cheng,hsieh,kuo,hung,chiu}'),
('ko', 40, '+82 2 ', '{테헤란로 #,세종대로 #,해운대로 #}',
    '{서울|04524|kr,부산|48058|kr}',
    '{서연,민준,지우,도윤,하은,예준,수빈,지호,유나,준서,은지,현우,다은,성민,나연,태윤}',
    '{김,이,박,최,정,강,조,윤,장,임,한,오,서,신,권,황}',
    '{seoyeon,minjun,jiwoo,doyun,haeun,yejun,subin,jiho,yuna,junseo,eunji,hyunwoo,daeun,seongmin,nayeon,taeyun}',
    '{kim,lee,park,choi,jung,kang,cho,yoon,jang,lim,han,oh,seo,shin,kwon,hwang}'),
('tr', 20, '+90 212 ', '{İstiklal Caddesi #,Bağdat Caddesi #,Gül Sokak #}',
    '{İstanbul|34430|tr,İzmir|35220|tr}',
    '{Zeynep,Emre,Elif,Çağlar,Ayşe,Oğuz,Gülşah,Ömer,İpek,Burak,Şule,Yiğit,Defne,Kağan,Tuğba,Umut}',
    '{Yılmaz,Kaya,Demir,Şahin,Çelik,Öztürk,Aydın,Doğan,Güneş,Işık,Koç,Arslan,Ünal,Taş,Bulut,Sağlam}', NULL, NULL);

CREATE TEMPORARY TABLE demo_customer ON COMMIT DROP AS
WITH person AS (
    -- 97 has no factor in common with 256: a locale's people have 256 different names.
    SELECT *, (k * 97 + 31) % 256 % 16 + 1 AS g, (k * 97 + 31) % 256 / 16 + 1 AS f,
        row_number() OVER (ORDER BY md5(locale || k)) AS n
    FROM demo_locale, generate_series(1, share) AS k
), arrived AS (
    SELECT *, given[g] AS first_name, family[f] AS last_name,
        lower(translate((coalesce(given_latin, given))[g] || '.' || (coalesce(family_latin, family))[f],
            'ÁÅÇÉÍÓÖØÜßáãäåæçèéêëíîïñòóôõöøúüąğİıŁłńśŞşźŻż ’',
            'aaceiooousaaaaaceeeeiiinoooooouuagiillnssszzz')) AS name_latin,
        -- The square root: twice as many come on the last day as half-way through the two years.
        date_trunc('day', pg_temp.today() - interval '730 days' * (1 - sqrt(n / 2000.0)))
            + make_interval(secs => 21600 + pg_temp.pick('hour' || n, 57600) + n / 1e4) AS at
    FROM person
), named AS (
    SELECT *, row_number() OVER (PARTITION BY name_latin ORDER BY n) AS namesake FROM arrived
)
SELECT 'cus_' || pg_temp.ulid(at, 'customer' || n) AS id, n, at, locale, phone, streets, first_name, last_name,
    cities[1 + pg_temp.pick('city' || n, cardinality(cities))] AS city,
    name_latin || CASE WHEN namesake > 1 THEN namesake::text ELSE '' END || '@'
        || ('{example.com,mail.example.net,example.org,post.example}'::text[])[1 + pg_temp.pick('host' || n, 4)]
        AS email,
    pg_temp.pick('account' || n, 10) < 7 AS has_account
FROM named;

-- Some ordered as guests before they had an account, under the same e-mail address.
UPDATE demo_customer AS guest SET email = member.email, has_account = false,
    first_name = member.first_name, last_name = member.last_name
FROM demo_customer AS member
WHERE member.n = guest.n + 1 AND member.has_account AND guest.n % 150 = 7;

INSERT INTO customer (
    id, email, first_name, last_name, phone, has_account, metadata, created_at, updated_at, deleted_at)
SELECT id, email,
    -- Guests need not say who they are.
    CASE WHEN has_account OR n % 11 > 0 THEN first_name END,
    CASE WHEN has_account OR n % 11 > 0 THEN last_name END,
    CASE WHEN n % 5 < 2 THEN phone || lpad(pg_temp.pick('phone' || n, 10000)::text, 4, '0') END,
    has_account,
    CASE WHEN n % 17 = 3 THEN jsonb_build_object('company', last_name || ' & Co', 'vat', upper(right(city, 2)) || (100000000 + n * 7919))
        WHEN n % 9 = 4 THEN jsonb_build_object('source', ('{instagram,friend,market,search}'::text[])[1 + n % 4])
        WHEN n % 13 = 5 THEN jsonb_build_object('birthday', to_char(date '1950-01-01' + pg_temp.pick('born' || n, 19000), 'MM-DD'),
            'likes', jsonb_build_array('coffee', 'ceramics')) END,
    at, least(at + make_interval(hours => pg_temp.pick('change' || n, 4000)), pg_temp.today()),
    CASE WHEN n % 230 = 100 THEN least(at + interval '200 days', pg_temp.today()) END
FROM demo_customer;

CREATE TEMPORARY TABLE demo_address ON COMMIT DROP AS
SELECT 'addr_' || pg_temp.ulid(at, 'address' || n || '-' || i) AS address_id, c.*, i
FROM demo_customer c, generate_series(1, CASE WHEN n % 7 = 0 THEN 2 WHEN has_account OR n % 3 = 0 THEN 1 ELSE 0 END) AS i;

INSERT INTO address (
    id, customer_id, company, first_name, last_name, address_1, address_2, city, country_code, postal_code,
    created_at, updated_at)
SELECT address_id, id,
    CASE WHEN n % 17 = 3 THEN last_name || ' & Co' END, first_name, last_name,
    replace(streets[1 + pg_temp.pick('street' || n || i, cardinality(streets))], '#',
        (1 + pg_temp.pick('house' || n || i, 120))::text),
    CASE WHEN n % 12 = 0 THEN 'c/o ' || first_name END, split_part(city, '|', 1), split_part(city, '|', 3),
    split_part(city, '|', 2), at, at
FROM demo_address;
UPDATE customer SET billing_address_id = a.address_id
FROM demo_address a
WHERE customer.id = a.id AND a.i = 1 AND a.n % 4 > 0;
