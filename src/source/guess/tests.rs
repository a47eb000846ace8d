//! Header rows of real exports and of three languages, and what they are taken for.

use super::*;

/// A value that stands for the kind of a column: a time, a number, a text.
fn sample(header: &str) -> (String, &'static str) {
    let (name, kind) = header.rsplit_once(':').unwrap_or((header, "s"));
    let value = match kind {
        "t" => "2024-01-05 10:30:00",
        "d" => "20240105",
        "us" => "1704412800000000",
        "n" => "12.5",
        _ => "x",
    };
    (name.to_owned(), value)
}

fn look_at(headers: &str) -> Look {
    let columns = headers.split('|').map(|header| {
        let (name, value) = sample(header);
        column(&name, &[value])
    });
    Look { format: FileFormat::Csv, is_by_name: true, separator: None, header: true, columns: columns.collect() }
}

/// File, headers (`:t` time, `:d` compact date, `:us` microseconds, `:n` number), table, columns.
const CASES: &[(&str, &str, TableName, &str)] = &[
    ("export.csv", "customer|date:t|net_amount:n", TableName::Orders, "customer=customer at=date amount=net_amount"),
    (
        "a.csv",
        "customerId|orderDate:t|grossAmountEUR:n|orderId",
        TableName::Orders,
        "customer=customerId at=orderDate amount=grossAmountEUR order=orderId",
    ),
    (
        "b.csv",
        "User ID|Purchased At:t|Order Total (USD):n|Discount Amount:n",
        TableName::Orders,
        "customer=User ID at=Purchased At amount=Order Total (USD) discount=Discount Amount",
    ),
    (
        "c.csv",
        "client_no|transaction_timestamp:t|line_value_gbp:n|tax_amount:n",
        TableName::Orders,
        "customer=client_no at=transaction_timestamp amount=line_value_gbp",
    ),
    (
        "olist.csv",
        "order_id|customer_id|order_purchase_timestamp:t|payment_value:n",
        TableName::Orders,
        "customer=customer_id at=order_purchase_timestamp amount=payment_value order=order_id",
    ),
    (
        "retail.csv",
        "InvoiceNo|StockCode|Description|Quantity:n|InvoiceDate:t|Price:n|Customer ID|Country",
        TableName::Orders,
        "customer=Customer ID at=InvoiceDate amount=Price order=InvoiceNo item=StockCode quantity=Quantity",
    ),
    // Shopify
    (
        "orders_export_1.csv",
        "Name|Email|Financial Status|Paid at:t|Currency|Subtotal:n|Shipping:n|Taxes:n|Total:n|Discount Amount:n|Created at:t|\
         Lineitem quantity:n|Lineitem name|Lineitem price:n|Id",
        TableName::Orders,
        "customer=Email at=Created at amount=Total order=Name item=Lineitem name quantity=Lineitem quantity \
         discount=Discount Amount shipping=Shipping currency=Currency",
    ),
    (
        "customers_export.csv",
        "Customer ID|First Name|Last Name|Email|Accepts Email Marketing|Total Spent:n|Total Orders:n",
        TableName::Customers,
        "customer=Customer ID consent=Accepts Email Marketing",
    ),
    // Stripe
    (
        "subscriptions.csv",
        "id|Customer ID|Customer Email|Plan|Quantity:n|Currency|Amount:n|Status|Created (UTC):t|\
         Start (UTC):t|Canceled At (UTC):t|Ended At (UTC):t",
        TableName::Subscriptions,
        "customer=Customer ID started_at=Start (UTC) ended_at=Ended At (UTC) subscription=id plan=Plan mrr=Amount",
    ),
    (
        "unified_payments.csv",
        "id|Created date (UTC):t|Amount:n|Amount Refunded:n|Currency|Fee:n|Status|Customer ID|Customer Email",
        TableName::Payments,
        "customer=Customer ID at=Created date (UTC) amount=Amount",
    ),
    // HubSpot
    (
        "hubspot-crm-exports-contacts.csv",
        "Record ID|First Name|Last Name|Email|Lead Status|Create Date:t|Last Activity Date:t",
        TableName::Customers,
        "customer=Record ID signup_at=Create Date",
    ),
    (
        "hubspot-deals.csv",
        "Record ID|Deal Name|Deal Stage|Close Date:t|Amount:n|Associated Contact IDs|Create Date:t",
        TableName::Orders,
        "customer=Associated Contact IDs at=Close Date amount=Amount order=Record ID",
    ),
    // Mailchimp
    (
        "subscribed_members_export.csv",
        "Email Address|First Name|MEMBER_RATING:n|OPTIN_TIME:t|LAST_CHANGED:t|LEID|EUID",
        TableName::Customers,
        "customer=Email Address signup_at=OPTIN_TIME",
    ),
    (
        "campaign_sends.csv",
        "Email Address|Campaign Title|Send Time:t|Click Time:t",
        TableName::Messages,
        "customer=Email Address at=Send Time campaign=Campaign Title clicked_at=Click Time",
    ),
    // Zendesk
    (
        "export-2024.csv",
        "Id|Requester id|Requester email|Subject|Status|Priority|Via|Created at:t|Solved at:t|Reopens:n",
        TableName::Tickets,
        "customer=Requester id opened_at=Created at ticket=Id resolved_at=Solved at severity=Priority reopened=Reopens channel=Via",
    ),
    // GA4
    (
        "ga4.csv",
        "event_date:d|event_timestamp:us|event_name|user_pseudo_id|ga_session_id",
        TableName::Events,
        "customer=user_pseudo_id at=event_timestamp kind=event_name session=ga_session_id",
    ),
    // Salesforce
    (
        "opportunities.csv",
        "Id|AccountId|Name|Amount:n|CloseDate:t|StageName|CreatedDate:t",
        TableName::Orders,
        "customer=AccountId at=CloseDate amount=Amount order=Id",
    ),
    (
        "report1.csv",
        "CaseNumber|ContactId|Subject|Priority|Origin|CreatedDate:t|ClosedDate:t|Status",
        TableName::Tickets,
        "customer=ContactId opened_at=CreatedDate ticket=CaseNumber resolved_at=ClosedDate severity=Priority channel=Origin",
    ),
    (
        "sf.csv",
        "Customer_Id__c|Purchase_Date__c:t|Net_Amount__c:n",
        TableName::Orders,
        "customer=Customer_Id__c at=Purchase_Date__c amount=Net_Amount__c",
    ),
    // German
    (
        "bestellungen.csv",
        "Kundennummer|Bestelldatum:t|Bestellnummer|Artikelnummer|Menge:n|Betrag (EUR):n|W\u{e4}hrung",
        TableName::Orders,
        "customer=Kundennummer at=Bestelldatum amount=Betrag (EUR) order=Bestellnummer item=Artikelnummer quantity=Menge \
         currency=W\u{e4}hrung",
    ),
    (
        "daten.csv",
        "Kunden-ID|Vertragsbeginn:t|K\u{fc}ndigungsdatum:t|Tarif|Monatsbeitrag:n",
        TableName::Subscriptions,
        "customer=Kunden-ID started_at=Vertragsbeginn ended_at=K\u{fc}ndigungsdatum plan=Tarif mrr=Monatsbeitrag",
    ),
    ("kunden.csv", "Kunden-Nr.|Kunde seit:t|Region", TableName::Customers, "customer=Kunden-Nr. signup_at=Kunde seit"),
    // French
    (
        "commandes.csv",
        "N\u{b0} client|Date d'achat:t|Montant TTC:n|Num\u{e9}ro de commande|Quantit\u{e9}:n",
        TableName::Orders,
        "customer=N\u{b0} client at=Date d'achat amount=Montant TTC order=Num\u{e9}ro de commande quantity=Quantit\u{e9}",
    ),
    (
        "x.csv",
        "id_client|date_facture:t|chiffre_d_affaires:n",
        TableName::Orders,
        "customer=id_client at=date_facture amount=chiffre_d_affaires",
    ),
    // Spanish
    (
        "ventas.csv",
        "ID Cliente|Fecha de compra:t|Importe total:n|Art\u{ed}culo|Categor\u{ed}a",
        TableName::Orders,
        "customer=ID Cliente at=Fecha de compra amount=Importe total item=Art\u{ed}culo category=Categor\u{ed}a",
    ),
    ("y.csv", "cliente|fecha:t|monto:n", TableName::Orders, "customer=cliente at=fecha amount=monto"),
    // Amounts do not turn events into orders
    (
        "z.csv",
        "user_id|timestamp:t|event_name|value:n",
        TableName::Events,
        "customer=user_id at=timestamp kind=event_name",
    ),
    ("w.csv", "user_id|ts:t|action", TableName::Events, "customer=user_id at=ts kind=action"),
    (
        "nps_2024.csv",
        "Respondent|customer_id|Submitted At:t|NPS Score:n",
        TableName::Surveys,
        "customer=customer_id at=Submitted At score=NPS Score",
    ),
];

#[test]
fn headers_are_taken_for_what_they_are() {
    for (file, headers, table, expected) in CASES {
        let look = look_at(headers);
        let found = guess(Path::new(file), &look).expect(headers);
        assert_eq!(found.table, *table, "{file}: {headers}");
        let found: Vec<String> = found.columns.iter().map(|(name, from)| format!("{name}={from}")).collect();
        let missing: Vec<String> = columns_of(expected).into_iter().filter(|column| !found.contains(column)).collect();
        assert!(missing.is_empty(), "{file}: {missing:?} missing in {found:?}");
    }
}

/// `a=b c d=e` → `a=b c`, `d=e`: a new column begins where a word holds an equals sign.
fn columns_of(text: &str) -> Vec<String> {
    let mut columns: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match columns.last_mut() {
            Some(last) if !word.contains('=') => last.extend([" ", word]),
            _ => columns.push(word.to_owned()),
        }
    }
    columns
}
