"""The words that give a language away, the commonest first, and letters that few others have."""

from __future__ import annotations

from typing import Final

__all__ = ["LETTERS", "SCRIPTS", "WORDS"]

WORDS: Final = {
    "en": "the of and to in is a that for it you with on as are this be or not by an from have can was your at if "
    "they which we has will their but what more these one all when there also other use how than some would about "
    "who its been were into should my do does any most such so out up he she his her our could where please them "
    "him us me because after before over between using first new people help give tell make explain list each while "
    "many much very why whom name show know need want find example following",
    "de": "der die und in den das ist zu von mit nicht sich des für auf ein eine dem im es sie als auch an werden "
    "aus er wird ich oder bei sind dass wie nach wir um einen einer kann hat noch zum nur über durch wenn so was "
    "haben zur aber ihre sein bitte du mir wurde diese dieser kein wer mein welche vom am kannst können gibt waren "
    "warum wann wo alle immer mehr jetzt ihnen ihr uns sehr machen schreibe erkläre alles dann dort hier doch damit "
    "soll",
    "fr": "de la le et les des l en à d un une que est pour dans qui du par pas il sur au plus ne n se s ce qu sont "
    "avec vous je nous ou elle c mais ont leur cette être été comme son ses aux si y j sa peut fait tout a ces deux "
    "très bien où quel quelle mon votre faire entre aussi moi sans leurs après avant quand comment pourquoi tous "
    "toutes même encore écris explique",
    "es": "de la que el en y los a del las un por con una para es se no al lo como más su o pero sus le ha me si "
    "sin sobre este ya entre cuando todo esta son ser dos también fue había era muy años hasta desde está mi porque "
    "qué yo eso puede cómo hay donde tu cuál nos te estos algunos quién cuándo todos antes después mejor explica "
    "escribe ellos está fueron",
    "pt": "de a o que e do da em um para é com não uma os no se na por mais as dos como mas foi ao ele das tem à "
    "seu sua ou ser quando muito há nos já está eu também só pelo pela até isso ela entre era depois sem mesmo aos "
    "ter são você seus quem nas me esse eles qual minha pode fazer ainda",
    "it": "di e il la che in è un per a non una i con si del da le della sono come più gli al lo l dei nel alla ha "
    "anche ma o su delle se questo ed essere o nella dell quando mi ci cosa tra perché questa stato molto tutto suo "
    "può chi io due fare ho dove cui era ai mio sia qual",
    "nl": "de het van een en in is dat op te zijn met voor niet die aan er om als bij ook door maar of uit naar "
    "over dan wordt nog je ik worden hij kan deze heeft hebben tot zich wat wel meer ze was geen we werd onder dit "
    "tussen waar na zo veel moet wij hun jij mijn hoe welke kunnen",
    "sv": "och i att det som en på är av för med den till inte ett om har de jag var från men så vi kan du ska "
    "eller han när nu efter vid mot också ut vad alla hur där sig här blev blir mycket hade mer man under skulle "
    "sin över dem bara varför detta mellan min dig mig utan",
    "da": "og i at det er en til på af for med den som de ikke der et har jeg om var han fra men vi så kan du være "
    "skal eller også ved efter nu hvad blev når sig hvor meget mere min hun alle man dem havde bliver hvordan hvis "
    "noget nogle denne over mellem uden",
    "no": "og i det er en til på av for med den som de ikke et har jeg om var han fra men vi så kan du å være skal "
    "eller også ved etter nå hva ble når seg hvor mye mer min hun alle man dem hadde blir hvordan hvis noe noen "
    "denne over mellom uten fordi deg meg",
    "fi": "ja on ei että se oli joka hän ovat myös kun mutta niin tai sen kuin ole jos mitä minä voi sitä olla vain "
    "nyt mikä hyvin ollut vuonna sekä koska siitä kaikki mukaan kanssa sinä tämä hänen sille tässä ne miten jotka "
    "voit missä näin sitten minun kuinka sinun ovatko ovat",
    "et": "ja on ei et see oli ka kui mis ta aga ning või oma siis kes ma mida nii seda selle välja pole tema olid "
    "need veel nad kuidas saab üks ainult sest kas olla väga meie teie kus minu",
    "lv": "un ir no ar par kas ka uz tas lai bet arī vai nav to tā ko kā tiek viņš jo es bija līdz kad ļoti var mēs "
    "kur tikai šo pēc pie būt viņa mani",
    "lt": "ir yra kad į su iš tai kaip bet ar buvo apie dėl ne jis po už nuo taip tik jo gali o labai ji aš kas mes "
    "kur jų prie būti jau kai nėra mano turi",
    "pl": "w i na się nie z do to że jest o a jak od za po co ale dla czy przez są tak oraz już może które który "
    "przy ma tym tego jego być jego bardzo tylko ich ze która było ja jeśli lub pod mnie kiedy gdzie dlaczego mi "
    "można sobie więc nas również",
    "cs": "a se v na je že s z do o to jako i za by ve si po ale není jsou tak k pro byl jak jeho od které který už "
    "při bylo být také nebo jsem může která aby než co kdy kde má jen ze před podle jeho jejich proč lze když "
    "protože",
    "sk": "a sa v na je že s z do o to ako i za by vo si po ale nie sú tak k pre bol jeho od ktoré ktorý už pri "
    "bolo byť aj alebo som môže ktorá aby než čo kedy kde má len zo pred podľa ich prečo keď pretože",
    "hr": "i u je na se da za od su s a o kao ne koji što to iz ili bi će nije biti ali koja po sa samo do kako "
    "koje kada bio sve može ako već te smo jer gdje sam zbog više između nakon ima moj",
    "sl": "in je v na se da za so z s ki ne po pa o kot ali od bi tudi ni lahko bo ko pri iz kako kaj če še že bil "
    "ima do več zelo samo sem ker med kje vse moj",
    "hu": "a az és hogy nem is egy ez meg van de csak már volt mint ha vagy azt még el ki kell lehet itt ezt mert "
    "minden után aki amely nagyon sem mi én fel lesz között le nem hogyan szerint olyan ezek neki miért amelyek",
    "ro": "de și în a la cu care pe nu o un din că este mai se pentru ce sau au ca fi prin sunt fost dar după lui "
    "am dacă când cum fără foarte ale al ai poate acest această său despre între te unde îmi noi asta",
    "ca": "de la el i a que en els del les un per amb una es d l no és al com més o va són seu ha si però aquest "
    "aquesta també molt pot fer entre quan tot ser hi perquè sobre has què meu",
    "tr": "ve bir bu da de için ile olarak çok ne olan gibi daha o var en kadar ama mi değil sonra ben her ya ki nasıl "
    "olduğu veya ise iki bunu mı şey zaman kendi göre ancak nedir lütfen hangi tarafından büyük",
    "id": "yang dan di dengan untuk dari ini itu dalam pada tidak adalah ke akan atau juga oleh saya sebagai dapat "
    "anda ada bisa karena kita mereka lebih telah sudah apa seperti tersebut bagaimana secara bahwa kami sangat "
    "hanya jika dia orang menjadi",
    "vi": "và của là có các được trong một cho với không những để người này khi đã về từ như nhiều đến thể bạn tôi "
    "cũng vào ra hay nhưng làm nếu thì rất đó việc theo gì năm sẽ trên tại",
    "tl": "ang ng sa na mga ay at hindi ko ito ni para si siya kung mo ka po may kanyang ako isang lang din pero dahil "
    "namin ano paano",
    "sw": "na ya wa kwa ni katika za la kuwa hii hiyo au cha kama lakini watu yake hivyo pia sana kwamba mimi "
    "ambayo wewe nini jinsi",
    "ru": "и в не на что с по как это я он но к из у за от так же для вы о бы все его мы было или она если при только "
    "когда уже то еще а есть чтобы быть может какие который можно также мне где их более почему очень",
    "uk": "і в не на що з та у як до це за від для він але по а про так я його був або вони її є із щоб також якщо "
    "бути може було якій який ви ми коли де вже тільки ще чи дуже чому мені можна",
    "bg": "и на в да се не е за от с че по са като си до това но ще при той или как ли аз беше има към още след "
    "може най който което много само ако какво защо къде което бъде също",
    "sr": "и у је на се да за од су са а о као не који што то из или би ће није бити али која по само до како када био "
    "све може ако већ где због више између",
    "ar": "في من على إلى أن عن ما هذا هذه لا التي الذي مع كان هو هي أو كل بعد ذلك بين قد لم كما إن يمكن ثم هل كيف حيث "
    "عند هناك وهو غير لكن أنا أي لماذا",
    "fa": "و در به از که این را با است برای آن یک خود تا بر هم می ها شد بود شده کرد او اما نیز باید یا هر ما چه من آیا "
    "دارد نمی های چگونه کند",
    "ur": "کے میں کی ہے اور سے کا کو اس کہ پر نے یہ ہیں ایک تھا بھی نہیں جو کر تو کیا ہو وہ لیے ساتھ یا مجھے آپ کیسے",
    "hi": "के है में की और से का को पर यह कि हैं एक ने भी नहीं इस जो कर तो हो लिए या था वह साथ आप मैं क्या अपने कैसे "
    "होता",
    "mr": "आहे आणि या च्या तो ती हे मी नाही की साठी होते आहेत काय हा व करून एक होता मला तर कसे",
    "ne": "छ र को मा हो छन् पनि यो लागि गर्न भने हुन्छ थियो के तथा त्यो म गरेको कसरी",
}  # fmt: skip
LETTERS: Final = {
    "de": "ßäöü", "fr": "éèêçàùûîôœë", "es": "ñóíáéú", "pt": "ãõçáéíóúâêô", "it": "èàòùìé", "sv": "åäö",
    "da": "æøå", "no": "æøå", "fi": "äö", "et": "õäöü", "lv": "āēīūļņķģšž", "lt": "ėįųąęūšž",
    "pl": "łąęśżźćńó", "cs": "řěůčšžýáíéú", "sk": "ľĺŕôčšžýáíéúäť", "hr": "đčćšž", "sl": "čšž",
    "hu": "őűáéíóöüú", "ro": "ășțîâşţ", "ca": "çàèòïü", "tr": "ğışçöü", "vi": "đăâêôơưàáãìíòóùúý", "nl": "ë",
    "ru": "ыэъёщ", "uk": "їієґ", "bg": "ъщ", "sr": "јљњћђџ", "ar": "ةىيكأإ", "fa": "پچژگیک", "ur": "ٹڈڑےںہھی",
}  # fmt: skip
SCRIPTS: Final = {
    "Latin": (0x00C0, 0x024F), "Vietnamese": (0x1E00, 0x1EFF), "el": (0x0370, 0x03FF),
    "Cyrillic": (0x0400, 0x052F), "hy": (0x0530, 0x058F), "he": (0x0590, 0x05FF), "Arabic": (0x0600, 0x077F),
    "Devanagari": (0x0900, 0x097F), "bn": (0x0980, 0x09FF), "pa": (0x0A00, 0x0A7F), "gu": (0x0A80, 0x0AFF),
    "or": (0x0B00, 0x0B7F), "ta": (0x0B80, 0x0BFF), "te": (0x0C00, 0x0C7F), "kn": (0x0C80, 0x0CFF),
    "ml": (0x0D00, 0x0D7F), "si": (0x0D80, 0x0DFF), "th": (0x0E00, 0x0E7F), "lo": (0x0E80, 0x0EFF),
    "my": (0x1000, 0x107F), "ka": (0x10C0, 0x10FF), "am": (0x1200, 0x137F), "km": (0x1780, 0x17FF),
    "Kana": (0x3040, 0x30FF), "Han": (0x3400, 0x9FFF), "ko": (0xAC00, 0xD7BF),
}  # fmt: skip
