//! How the world calls canonical columns: English, German, French and Spanish, and the exports of common systems.
//!
//! A header is compared three times, each time for all names in their order: as written without case, accents, blanks
//! and signs (`Customer ID`, `customerId` and `customer_id` are alike); without words that only say a unit or a zone
//! (`net_amount`, `Total (USD)`, `Created date (UTC)`); and last by the words it is made of (`purchase_sum_total`).

/// A canonical column and its names, likeliest first.
pub(super) type Names = (&'static str, &'static [&'static str]);

/// Names by column; written as [`plain`] makes them.
pub(super) const NAMES: &[Names] = &[
    (
        "customer",
        &[
            "customer", "customerid", "custid", "customernumber", "customerno", "customercode", "customerkey", "userid",
            "user", "clientid", "client", "accountid", "account", "memberid", "member", "householdid", "buyerid", "buyer",
            "subscriberid", "loyaltynumber", "loyaltyid", "contactid", "playerid", "guestid", "shopperid", "visitorid",
            "requesterid", "requester", "associatedcontactids", "associatedcontact", "associatedcompanyids",
            "associatedcompany", "userpseudoid", "anonymousid", "distinctid", "personid",
            // German, French, Spanish
            "kundennummer", "kundenid", "kundennr", "kunde", "kdnr", "kundencode", "mitgliedsnummer", "benutzerid",
            "idclient", "numeroclient", "numclient", "codeclient", "nclient", "idutilisateur", "utilisateur",
            "idcliente", "cliente", "numerocliente", "numerodecliente", "codigocliente", "clienteid", "idusuario", "usuario",
            // addresses, where nothing better is there
            "customeremail", "requesteremail", "useremail", "email", "emailaddress", "recordid", "id",
        ],
    ),
    (
        "started_at",
        &[
            "startedat", "startdate", "start", "subscriptionstart", "subscriptionstartdate", "contractstart",
            "contractstartdate", "activatedat", "activationdate", "currenttermstart", "starttime",
            "vertragsbeginn", "beginn", "startdatum", "laufzeitbeginn", "abobeginn",
            "datededebut", "datedebut", "debut", "debutabonnement", "debutcontrat",
            "fechadeinicio", "fechainicio", "inicio", "iniciosuscripcion",
        ],
    ),
    (
        "ended_at",
        &[
            "endedat", "enddate", "end", "cancelledat", "canceledat", "canceldate", "cancellationdate",
            "subscriptionend", "subscriptionenddate", "contractend", "contractenddate", "churndate", "terminatedat",
            "terminationdate", "endtime",
            "vertragsende", "kundigungsdatum", "kuendigungsdatum", "gekundigtam", "enddatum", "laufzeitende", "aboende",
            "datedefin", "datefin", "fin", "dateresiliation", "datederesiliation", "finabonnement",
            "fechadefin", "fechafin", "fechabaja", "fechadebaja", "fechacancelacion",
        ],
    ),
    (
        "opened_at",
        &[
            "openedat", "submittedat", "ticketcreatedat", "reportedat", "createdat", "createddate", "created", "opened",
            "createdon", "createdate", "opendate", "creationdate", "datecreated",
            "erstelltam", "eroffnetam", "eingangsdatum", "erstellt", "creele", "ouvertle", "datedecreation",
            "dateouverture", "fechadecreacion", "fechacreacion", "fechadeapertura", "fechaapertura", "creado",
        ],
    ),
    (
        "signup_at",
        &[
            "signupat", "signupdate", "signup", "joined", "joinedat", "joindate", "joinedon", "registeredat",
            "registrationdate", "registeredon", "enrollmentdate", "enrolmentdate", "membersince", "customersince",
            "optintime", "confirmtime", "createdat", "createdate", "createddate", "created", "createdon", "datecreated",
            "firstseen", "anmeldedatum", "registrierungsdatum", "registriertam", "kundeseit", "mitgliedseit",
            "dateinscription", "datedinscription", "inscritle", "datecreation", "clientdepuis",
            "fecharegistro", "fechaderegistro", "fechadealta", "fechaalta", "clientedesde",
        ],
    ),
    (
        "at",
        &[
            "at", "date", "time", "timestamp", "datetime", "ts", "eventtimestamp", "eventtime", "eventdate", "occurredat",
            "happenedat", "orderdate", "orderedat", "ordertimestamp", "orderpurchasetimestamp", "purchasedate",
            "purchasedat", "invoicedate", "transactiondate", "transactiontimestamp", "transactiontime", "saledate",
            "salesdate", "paymentdate", "surveydate", "responsedate", "answeredat", "submittedat", "sendtime", "sentat",
            "senddate", "closedate", "createdat", "createdate", "createddate", "created", "createdon", "processedat",
            "paidat", "day", "usagedate", "activitydate",
            "datum", "bestelldatum", "kaufdatum", "rechnungsdatum", "buchungsdatum", "zeitpunkt", "zeitstempel",
            "datedecommande", "datecommande", "datedachat", "dateachat", "datedefacture", "datefacture", "horodatage",
            "fecha", "fechadepedido", "fechapedido", "fechadecompra", "fechacompra", "fechadefactura", "fechafactura",
            "fechahora",
        ],
    ),
    (
        "amount",
        &[
            "amount", "total", "grandtotal", "totalamount", "ordertotal", "orderamount", "ordervalue", "revenue",
            "totalprice", "totalpaid", "salesvalue", "salesamount", "netsales", "sales", "saleamount", "dollarvalue",
            "purchaseamount", "transactionamount", "invoiceamount", "invoicetotal", "linetotal", "lineamount",
            "paymentvalue", "amountpaid", "paidamount", "price", "sum", "spent", "spend", "gmv", "turnover", "value",
            "betrag", "gesamtbetrag", "umsatz", "nettobetrag", "bruttobetrag", "rechnungsbetrag", "bestellwert", "summe",
            "gesamtpreis", "preis", "montant", "montanttotal", "montantttc", "montantht", "chiffredaffaires", "ca", "prix",
            "prixtotal", "importe", "importetotal", "monto", "montototal", "ingresos", "precio", "preciototal",
        ],
    ),
    (
        "order",
        &[
            "order", "orderid", "ordernumber", "orderno", "invoice", "invoiceid", "invoiceno", "invoicenumber", "basketid",
            "transactionid", "receiptid", "receiptno", "checkoutid", "opportunityid", "dealid",
            "bestellnummer", "bestellid", "auftragsnummer", "rechnungsnummer", "belegnummer",
            "numerodecommande", "numerocommande", "idcommande", "commande", "numerofacture", "facture",
            "numerodepedido", "numeropedido", "idpedido", "pedido", "numerofactura", "factura",
        ],
    ),
    ("quantity", &["quantity", "qty", "lineitemquantity", "units", "pieces", "numberofitems", "numberofcds", "menge", "anzahl", "stuckzahl", "quantite", "qte", "cantidad", "unidades"]),
    (
        "item",
        &[
            "item", "itemid", "itemname", "productid", "product", "productname", "sku", "stockcode", "lineitemsku", "lineitemname",
            "articleid", "artikelnummer", "artikel", "produkt", "produit", "article", "reference", "producto", "articulo",
        ],
    ),
    ("category", &["category", "categoryname", "productcategory", "producttype", "department", "kategorie", "warengruppe", "categorie", "categoria"]),
    ("discount", &["discount", "discountamount", "discountvalue", "rabatt", "remise", "descuento"]),
    ("shipping", &["shipping", "shippingcost", "shippingamount", "freight", "freightvalue", "versandkosten", "fraisdeport", "gastosdeenvio"]),
    ("margin", &["margin", "grossmargin", "profit", "grossprofit", "deckungsbeitrag", "marge", "margen"]),
    ("currency", &["currency", "currencycode", "currencyisocode", "wahrung", "waehrung", "devise", "moneda", "divisa"]),
    (
        "kind",
        &[
            "kind", "event", "eventtype", "eventname", "action", "actiontype", "activity", "activitytype", "type",
            "ereignis", "ereignistyp", "aktion", "aktivitat", "evenement", "typeevenement", "evento", "tipoevento",
            "accion", "tipo",
        ],
    ),
    ("value", &["value", "eventvalue"]),
    ("channel", &["channel", "via", "origin", "source", "medium", "sourcename", "traffic", "trafficsource", "kanal", "canal"]),
    ("session", &["session", "sessionid", "gasessionid", "sitzung", "sesion"]),
    ("subscription", &["subscription", "subscriptionid", "contractid", "contractnumber", "vertragsnummer", "vertrag", "aboid", "idabonnement", "idcontrat", "idsuscripcion", "idcontrato"]),
    ("plan", &["plan", "plantier", "planname", "planid", "productname", "product", "tier", "priceid", "tarif", "formule", "forfait", "tarifa"]),
    ("mrr", &["mrr", "mrramount", "monthlyfee", "monthlyprice", "monthlycharges", "monthlyrevenue", "monatsbeitrag", "monatspreis", "monatlichergrundpreis", "prixmensuel", "mensualite", "cuotamensual", "preciomensual"]),
    ("ticket", &["ticket", "ticketid", "ticketnumber", "caseid", "casenumber", "issueid", "issuekey", "ticketnummer", "fallnummer", "numeroticket", "idticket", "id"]),
    (
        "first_response_at",
        &["firstresponseat", "firstreplyat", "firstrespondedat", "firstresponsedate", "ersteantwortam", "premierereponsele", "primerarespuesta"],
    ),
    (
        "resolved_at",
        &[
            "resolvedat", "solvedat", "closedat", "closeddate", "resolveddate", "closedon", "resolved", "closed", "resolutiondate",
            "gelostam", "geschlossenam", "erledigtam", "resolule", "fermele", "datedecloture", "datecloture", "resuelto",
            "fechadecierre", "fechacierre", "fecharesolucion",
        ],
    ),
    ("severity", &["severity", "priority", "urgency", "prioritat", "dringlichkeit", "priorite", "urgence", "prioridad", "gravedad"]),
    ("reopened", &["reopened", "reopens", "reopencount", "isreopened"]),
    ("score", &["score", "nps", "npsscore", "csat", "csatscore", "ces", "rating", "ratingvalue", "stars", "answer", "satisfactionscore", "reviewscore", "bewertung", "punkte", "sterne", "note", "notation", "puntuacion", "valoracion", "calificacion"]),
    ("question", &["question", "questiontype", "survey", "surveytype", "surveyname", "metric", "frage", "umfrage", "enquete", "pregunta", "encuesta"]),
    ("campaign", &["campaign", "campaignid", "campaignname", "campaigntitle", "kampagne", "campagne", "campana"]),
    ("delivered_at", &["deliveredat", "deliverytime", "zugestelltam"]),
    ("clicked_at", &["clickedat", "clicktime", "firstclick", "geklicktam"]),
    ("converted_at", &["convertedat", "conversiontime", "converteddate"]),
    ("earned", &["earned", "pointsearned", "pointsaccumulated", "punktegesammelt", "pointsgagnes", "puntosganados"]),
    ("redeemed", &["redeemed", "pointsredeemed", "pointsspent", "punkteeingelost", "pointsutilises", "puntoscanjeados"]),
    ("failed", &["failed", "isfailed", "paymentfailed", "declined"]),
    ("method", &["method", "paymentmethod", "paymenttype", "cardbrand", "zahlungsart", "moyendepaiement", "metododepago"]),
    ("consent", &["consent", "optin", "acceptsmarketing", "acceptsemailmarketing", "marketingconsent", "newsletter", "einwilligung", "consentement", "consentimiento"]),
];

/// Words that say a unit, a currency, a zone or how something was reckoned: left out of the second comparison.
const ADDED: [&str; 30] = [
    "usd", "eur", "gbp", "chf", "jpy", "krw", "cad", "aud", "twd", "inr", "brl", "mxn", "sek", "utc", "gmt", "cet", "est",
    "pst", "local", "net", "gross", "netto", "brutto", "incl", "excl", "tax", "vat", "custom", "c", "raw",
];

/// Words of which an amount of money is made, and words that make it something else.
const MONEY: [&str; 18] = [
    "amount", "total", "revenue", "sales", "turnover", "spend", "spent", "price", "paid", "value", "betrag", "umsatz", "summe",
    "montant", "prix", "importe", "monto", "precio",
];
const NOT_MONEY: [&str; 26] = [
    "discount", "tax", "taxes", "vat", "shipping", "freight", "refunded", "refund", "fee", "fees", "count", "orders",
    "quantity", "qty", "points", "id", "number", "items", "rate", "share", "unit", "units", "percent", "tip", "margin",
    "cost",
];
/// Words of who a customer is, and words that make it a name for him.
const PEOPLE: [&str; 17] = [
    "customer", "client", "user", "member", "account", "household", "buyer", "subscriber", "contact", "shopper", "guest",
    "player", "kunde", "kunden", "cliente", "cust", "usuario",
];
const IDENTITY: [&str; 12] =
    ["id", "ids", "number", "no", "nr", "num", "code", "key", "uuid", "guid", "nummer", "numero"];

/// A header without case, accents, blanks and signs; the mark of a custom field is dropped.
pub(super) fn plain(header: &str) -> String {
    words(header.trim_end_matches("__c")).concat()
}

/// The header without words that only say a unit or a zone.
pub(super) fn core(header: &str) -> String {
    let kept = words(header).into_iter().filter(|word| !ADDED.contains(&word.as_str()));
    kept.collect::<Vec<_>>().concat()
}

/// Whether the words of a header speak of the canonical column.
pub(super) fn speaks_of(header: &str, canonical: &str) -> bool {
    let words = words(header);
    let has = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
    match canonical {
        "amount" => has(&MONEY) && !has(&NOT_MONEY),
        "customer" => has(&PEOPLE) && has(&IDENTITY),
        _ => false,
    }
}

/// The words of a header: divided at signs and blanks, and where small letters turn into capitals.
fn words(header: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut is_inside = false;
    let mut was_small = false;
    for letter in header.chars() {
        if !letter.is_alphanumeric() {
            // An apostrophe joins: d'achat is dachat.
            is_inside = is_inside && matches!(letter, '\'' | '’');
            was_small = false;
            continue;
        }
        if !is_inside || (was_small && letter.is_uppercase()) {
            words.push(String::new());
        }
        was_small = letter.is_lowercase() || letter.is_numeric();
        is_inside = true;
        if let Some(word) = words.last_mut() {
            word.extend(letter.to_lowercase().map(unaccented));
        }
    }
    words
}

fn unaccented(letter: char) -> char {
    match letter {
        'à' | 'á' | 'â' | 'ã' | 'ä' | 'å' => 'a',
        'ç' => 'c',
        'è' | 'é' | 'ê' | 'ë' => 'e',
        'ì' | 'í' | 'î' | 'ï' => 'i',
        'ñ' => 'n',
        'ò' | 'ó' | 'ô' | 'õ' | 'ö' => 'o',
        'ù' | 'ú' | 'û' | 'ü' => 'u',
        'ß' => 's',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_compared_without_case_accents_and_signs() {
        for header in ["Customer ID", "customerId", "customer_id", "CUSTOMER-ID", "Customer_Id__c"] {
            assert_eq!(plain(header), "customerid", "{header}");
        }
        assert_eq!(plain("Date d'achat"), "datedachat");
        assert_eq!(plain("Kündigungsdatum"), "kundigungsdatum");
        assert_eq!(core("Created date (UTC)"), "createddate");
        assert_eq!(core("net_amount"), "amount");
        assert!(speaks_of("purchase_total_sum", "amount") && !speaks_of("discount_amount", "amount"));
        assert!(speaks_of("golden customer key", "customer") && !speaks_of("customer name", "customer"));
    }

    #[test]
    fn every_name_is_written_as_headers_are_compared() {
        for (canonical, names) in NAMES {
            for name in *names {
                assert_eq!(plain(name), *name, "of {canonical}");
            }
        }
    }
}
