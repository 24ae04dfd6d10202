//! The columns of the data sets: those that must be there, those whose condition holds for us, and our
//! own. Source: the specification's tables of columns; a column of a condition that does not hold is
//! left out.

use super::Version;

/// A column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// Its id.
    pub name: &'static str,
    /// What its cells hold.
    pub holds: Holds,
    /// Whether a cell may be null.
    pub is_nullable: bool,
}

/// What the cells of a column hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holds {
    /// Text, or JSON.
    Text,
    /// A decimal of at most 38 digits, of which so many are after the point.
    Decimal(u8),
    /// An instant in UTC.
    Time,
}

/// Digits of decimals in all, as far as Parquet's 128 bits go.
pub const PRECISION: u8 = 38;

/// Places of costs and unit prices: a price for a million tokens has six, a count of millions six.
pub const COST: u8 = 14;

/// Places of quantities: a token is a millionth of what its price is for.
pub const QUANTITY: u8 = 9;

const fn text(name: &'static str) -> Column {
    Column { name, holds: Holds::Text, is_nullable: false }
}

const fn cost(name: &'static str) -> Column {
    Column { name, holds: Holds::Decimal(COST), is_nullable: false }
}

const fn quantity(name: &'static str) -> Column {
    Column { name, holds: Holds::Decimal(QUANTITY), is_nullable: true }
}

const fn time(name: &'static str) -> Column {
    Column { name, holds: Holds::Time, is_nullable: false }
}

impl Column {
    const fn or_null(self) -> Column {
        Column { is_nullable: true, ..self }
    }
}

/// The versions a column of *Cost and Usage* is in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum In {
    Both,
    Only(Version),
}

const COST_AND_USAGE: [(In, Column); 63] = [
    (In::Both, cost("BilledCost")),
    (In::Both, text("BillingAccountId")),
    (In::Both, text("BillingAccountName").or_null()),
    (In::Both, text("BillingCurrency")),
    (In::Both, time("BillingPeriodEnd")),
    (In::Both, time("BillingPeriodStart")),
    (In::Both, text("ChargeCategory")),
    (In::Both, text("ChargeClass").or_null()),
    (In::Both, text("ChargeDescription").or_null()),
    (In::Both, text("ChargeFrequency")),
    (In::Both, time("ChargePeriodEnd")),
    (In::Both, time("ChargePeriodStart")),
    (In::Both, quantity("ConsumedQuantity")),
    (In::Both, text("ConsumedUnit").or_null()),
    (In::Only(Version::V1_4), text("ContractApplied").or_null()),
    (In::Both, cost("ContractedCost")),
    (In::Both, cost("ContractedUnitPrice").or_null()),
    (In::Both, cost("EffectiveCost")),
    (In::Only(Version::V1_4), text("HostProviderName").or_null()),
    (In::Only(Version::V1_4), text("InvoiceDetailId").or_null()),
    (In::Both, text("InvoiceId").or_null()),
    (In::Both, text("InvoiceIssuerName")),
    (In::Both, cost("ListCost")),
    (In::Both, cost("ListUnitPrice").or_null()),
    (In::Both, text("PricingCategory").or_null()),
    // What is priced in one currency and billed in it may leave these out, but for the validator of 1.2.
    (In::Only(Version::V1_2), text("PricingCurrency")),
    (In::Only(Version::V1_2), cost("PricingCurrencyContractedUnitPrice").or_null()),
    (In::Only(Version::V1_2), cost("PricingCurrencyEffectiveCost")),
    (In::Only(Version::V1_2), cost("PricingCurrencyListUnitPrice").or_null()),
    (In::Both, quantity("PricingQuantity")),
    (In::Both, text("PricingUnit").or_null()),
    (In::Only(Version::V1_2), text("ProviderName")),
    (In::Only(Version::V1_2), text("PublisherName")),
    (In::Both, text("ServiceCategory")),
    (In::Both, text("ServiceName")),
    (In::Only(Version::V1_4), text("ServiceProviderName")),
    (In::Both, text("ServiceSubcategory")),
    (In::Both, text("SkuId").or_null()),
    (In::Both, text("SkuMeter").or_null()),
    (In::Both, text("SkuPriceDetails").or_null()),
    (In::Both, text("SkuPriceId").or_null()),
    (In::Both, text("SubAccountId").or_null()),
    (In::Both, text("SubAccountName").or_null()),
    (In::Both, text("Tags").or_null()),
    (In::Both, text("x_ChargeKey")),
    (In::Both, text("x_Clause").or_null()),
    (In::Both, text("x_Document").or_null()),
    (In::Both, quantity("x_DocumentLine")),
    (In::Both, text("x_Kind")),
    (In::Both, quantity("x_Line")),
    (In::Both, text("x_Channel").or_null()),
    (In::Both, text("x_Product").or_null()),
    (In::Both, text("x_Model").or_null()),
    (In::Both, text("x_Host").or_null()),
    (In::Both, text("x_Processing").or_null()),
    (In::Both, text("x_TokenClass").or_null()),
    (In::Both, text("x_Settlement")),
    (In::Both, text("x_ShareRuleId").or_null()),
    (In::Both, cost("x_ShareBasisCost").or_null()),
    (In::Both, cost("x_ShareRate").or_null()),
    (In::Both, cost("x_ShareCost").or_null()),
    (In::Both, text("x_From")),
    (In::Both, text("x_To")),
];

/// The columns of *Cost and Usage* in a version. FOCUS's own come first.
pub fn cost_and_usage(version: Version) -> Vec<Column> {
    let is_in = |of: &In| *of == In::Both || *of == In::Only(version);
    COST_AND_USAGE.iter().filter(|(of, _)| is_in(of)).map(|(_, column)| *column).collect()
}

/// The columns of *Contract Commitment*.
pub const CONTRACT_COMMITMENT: [Column; 28] = [
    text("BillingCurrency").or_null(),
    text("ContractCommitmentApplicability"),
    text("ContractCommitmentBenefitCategory"),
    text("ContractCommitmentCategory"),
    cost("ContractCommitmentCost").or_null(),
    time("ContractCommitmentCreated"),
    text("ContractCommitmentDescription").or_null(),
    cost("ContractCommitmentDiscountPercentage").or_null(),
    text("ContractCommitmentDurationType"),
    text("ContractCommitmentFulfillmentInterval"),
    text("ContractCommitmentId"),
    time("ContractCommitmentLastUpdated"),
    text("ContractCommitmentLifecycleStatus"),
    text("ContractCommitmentModel"),
    text("ContractCommitmentOfferCategory"),
    text("ContractCommitmentPaymentInterval"),
    text("ContractCommitmentPaymentModel"),
    time("ContractCommitmentPeriodEnd"),
    time("ContractCommitmentPeriodStart"),
    quantity("ContractCommitmentQuantity"),
    text("ContractCommitmentType"),
    text("ContractCommitmentUnit").or_null(),
    text("ContractId"),
    time("ContractPeriodEnd"),
    time("ContractPeriodStart"),
    text("InvoiceIssuerName"),
    text("ServiceProviderName"),
    cost("x_DrawnInPeriod").or_null(),
];

/// The columns of *Invoice Detail*.
pub const INVOICE_DETAIL: [Column; 18] = [
    cost("BilledCost"),
    text("BillingAccountId"),
    text("BillingCurrency"),
    time("BillingPeriodEnd"),
    time("BillingPeriodStart"),
    text("ChargeCategory"),
    time("InvoiceDetailCreated"),
    text("InvoiceDetailDescription").or_null(),
    text("InvoiceDetailGrain").or_null(),
    text("InvoiceDetailId"),
    time("InvoiceDetailLastUpdated"),
    text("InvoiceId"),
    time("InvoiceIssueDate").or_null(),
    text("InvoiceIssuerName"),
    text("InvoiceIssueStatus"),
    time("PaymentDueDate").or_null(),
    text("PaymentTerms"),
    text("ReferenceInvoiceId"),
];

/// The columns of *Billing Period*.
pub const BILLING_PERIOD: [Column; 6] = [
    time("BillingPeriodCreated"),
    time("BillingPeriodEnd"),
    time("BillingPeriodLastUpdated"),
    time("BillingPeriodStart"),
    text("BillingPeriodStatus"),
    text("InvoiceIssuerName"),
];
